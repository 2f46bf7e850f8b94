//! What only a browser has.

/// Tells tests and style sheets that the page now answers to clicks: `data-hydrated` on the root element.
#[cfg(feature = "hydrate")]
pub fn mark_hydrated() {
    let root = leptos::prelude::document().document_element();
    if let Some(root) = root {
        // It fails only for names that are no attribute names.
        let _always_a_name = root.set_attribute("data-hydrated", "true");
    }
}

/// On the server nothing is hydrated.
#[cfg(not(feature = "hydrate"))]
pub fn mark_hydrated() {}
