use leptos::prelude::*;

use crate::ui::{GatePage, LinkButton, Look, Size};

/// A page on which nothing is left to do: what happened, or why nothing did, and where to go on.
#[component]
pub(super) fn Onward(
    title: &'static str,
    #[prop(into)] told: String,
    #[prop(default = "/signin")] href: &'static str,
    #[prop(default = "Sign in")] button: &'static str,
) -> impl IntoView {
    view! {
        <GatePage title=title intro=move || view! { <p>{told}</p> }>
            <LinkButton href=href look=Look::Primary size=Size::Large wide=true>{button}</LinkButton>
        </GatePage>
    }
}
