//! The public pages: landing, prices, services, and the page for what went wrong.
//!
//! They are the same for everybody and need no script. So they stand outside the app's route table: a handler in
//! `routes.rs` renders the view of a page on the server, `document.rs` puts the document around it, and the answer may
//! be kept by any cache for five minutes. Links from here into the app load a new document.

mod error;

#[cfg(feature = "ssr")]
mod document;
#[cfg(feature = "ssr")]
mod integrations;
#[cfg(feature = "ssr")]
mod landing;
#[cfg(feature = "ssr")]
mod person;
#[cfg(feature = "ssr")]
mod pricing;
#[cfg(feature = "ssr")]
mod reference;
#[cfg(feature = "ssr")]
mod routes;

pub use error::ErrorPage;

#[cfg(feature = "ssr")]
pub use document::{error_document, public_document};
#[cfg(feature = "ssr")]
pub use person::people;
#[cfg(feature = "ssr")]
pub use reference::{Operation, OperationGroup, Reference, reference_document};
#[cfg(feature = "ssr")]
pub use routes::{Site, routes};

/// A service as the public pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCard {
    /// Its identifier in the catalogue, for the mark.
    pub id: String,
    pub name: String,
    /// What kind of service it is, such as calendar or code.
    pub category: String,
    /// How access to it works, in a few words: a sign-in on its own page, a key …
    pub kind_label: String,
    /// Whether this installation can connect it.
    pub available: bool,
    /// What it gives to read, or what is missing.
    pub note: String,
}
