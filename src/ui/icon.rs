use leptos::prelude::*;

/// A line drawing from the interface sprite. It is decoration: the words beside it, or the name of the control
/// around it, say what it means.
#[component]
pub fn Icon(
    /// The name in the sprite, without the `i-`.
    name: &'static str,
    /// Further classes, such as `large`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("icon {class}").trim_end().to_owned() aria-hidden="true">
            <use_ href=format!("/icons/ui.svg#i-{name}")></use_>
        </svg>
    }
}
