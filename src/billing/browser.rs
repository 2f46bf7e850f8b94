//! What only a browser has.

/// Leaves the site for a page of Stripe's.
#[cfg(feature = "hydrate")]
pub(super) fn leave(url: &str) {
    // It fails only for what is no address.
    let _always_an_address = leptos::prelude::window().location().set_href(url);
}

/// On the server no page is open.
#[cfg(not(feature = "hydrate"))]
pub(super) fn leave(_url: &str) {}
