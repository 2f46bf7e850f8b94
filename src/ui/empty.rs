use super::Icon;
use leptos::prelude::*;

/// Nothing here yet: what would be here, and the first step, as buttons among the children.
#[component]
pub fn Empty(icon: &'static str, #[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon class="large"/>
            <h2>{title}</h2>
            {children()}
        </div>
    }
}
