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
#[cfg(feature = "ssr")]
mod shared;

pub use error::ErrorPage;

#[cfg(feature = "ssr")]
pub use document::{error_document, public_document};
#[cfg(feature = "ssr")]
pub use integrations::integrations;
#[cfg(feature = "ssr")]
pub use person::people;
#[cfg(feature = "ssr")]
pub use reference::{Operation, OperationGroup, Reference, reference_document};
#[cfg(feature = "ssr")]
pub use routes::{Site, prices, routes};
#[cfg(feature = "ssr")]
pub use shared::shared;
