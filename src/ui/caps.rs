use crate::kit::keys::Key;
use leptos::prelude::*;

/// The caps of a key, as this keyboard has them written.
#[component]
pub fn Caps(key: &'static Key, #[prop(into)] is_mac: Signal<bool>) -> impl IntoView {
    // On a Mac the caps stand together, elsewhere each by itself.
    view! {
        <span class="caps">
            {move || {
                let is_mac = is_mac.get();
                key.caps(is_mac).into_iter().map(|cap| view! { <kbd>{cap}</kbd> }).collect_view()
            }}
        </span>
    }
}
