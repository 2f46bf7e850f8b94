use super::Icon;
use leptos::prelude::*;

/// More, for those who want it.
#[component]
pub fn Disclosure(#[prop(into)] summary: String, #[prop(optional)] open: bool, children: Children) -> impl IntoView {
    view! {
        <details class="disclosure" open=open>
            <summary>
                <Icon name="chevron-right"/>
                {summary}
            </summary>
            {children()}
        </details>
    }
}
