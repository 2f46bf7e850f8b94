//! What only a browser has.

use leptos::prelude::{ReadSignal, signal};

/// Takes over the document that the server rendered. When the page's code has come, every handler is in place and the
/// first effects have run, the root element gets `data-hydrated`: tests and style sheets wait for it.
#[cfg(feature = "hydrate")]
pub fn take_over() {
    use leptos::{mount::hydrate_from_async, prelude::document, task};
    use wasm_bindgen::JsCast as _;

    wasm_bindgen_futures::spawn_local(async {
        let Some(body) = document().body() else { return };
        hydrate_from_async(body.unchecked_into(), super::App).await.forget();
        task::tick().await;
        if let Some(root) = document().document_element() {
            // It fails only for names that are no attribute names.
            let _always_a_name = root.set_attribute("data-hydrated", "true");
        }
    });
}

/// On the server there is nothing to take over.
#[cfg(not(feature = "hydrate"))]
pub fn take_over() {}

/// Where the answers of server functions lead to, in place of what the router makes of them: it takes every address for
/// one of its own.
#[cfg(feature = "hydrate")]
pub(super) fn redirects() -> ReadSignal<Option<String>> {
    use leptos::{
        prelude::{Set as _, request_animation_frame},
        server_fn::redirect::set_redirect_hook,
    };
    let (redirected, redirect) = signal(None);
    // Whoever sets it first has it; the router comes later. After a frame the act itself knows its outcome.
    let _set_once = set_redirect_hook(move |place: &str| {
        let place = place.to_owned();
        request_animation_frame(move || redirect.set(Some(place)));
    });
    redirected
}

/// On the server no answer arrives.
#[cfg(not(feature = "hydrate"))]
pub(super) fn redirects() -> ReadSignal<Option<String>> {
    signal(None).0
}

/// Loads a page of ours anew.
#[cfg(feature = "hydrate")]
pub(super) fn open(path: &str) {
    // It fails only for what is no address.
    let _always_an_address = leptos::prelude::window().location().set_href(path);
}

/// On the server no page is open.
#[cfg(not(feature = "hydrate"))]
pub(super) fn open(_path: &str) {}
