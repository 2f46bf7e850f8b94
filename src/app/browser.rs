//! What only a browser has.

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
