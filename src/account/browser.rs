//! What only a browser has.

#[cfg(feature = "hydrate")]
pub use there::show_theme;

#[cfg(not(feature = "hydrate"))]
pub use nowhere::show_theme;

#[cfg(feature = "hydrate")]
mod there {
    use crate::account::model::Theme;

    /// Gives the page that is open the look that was just chosen; the server gives it to the next ones.
    pub fn show_theme(theme: Theme) {
        let Some(root) = leptos::prelude::document().document_element() else { return };
        // It fails only for names that are no attribute names.
        let _always_a_name = match theme.attribute() {
            Some(look) => root.set_attribute("data-theme", look),
            None => root.remove_attribute("data-theme"),
        };
    }
}

#[cfg(not(feature = "hydrate"))]
mod nowhere {
    use crate::account::model::Theme;

    /// On the server the document itself says it.
    pub fn show_theme(_theme: Theme) {}
}
