//! The page on which a service is connected by what a person pastes: `/connections/add/{service}`.
//!
//! It is a plain form with all that the entry asks for (`model`). It goes to a server function (`api`), which hands it to
//! `service::forms`; that proves it at the service and stores it. After a refusal what was typed and is no secret comes
//! back; a secret goes to the server once and never returns.

pub mod api;
pub mod model;
pub mod page;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
pub(super) mod visit;

pub use page::FormPage;
