//! Posts to addresses that a person registers when something happens to their connections, signed as Standard Webhooks
//! tells (<https://www.standardwebhooks.com>).
//!
//! The transaction that writes a line into a connection's log also writes a delivery for each endpoint that listens
//! (`service::tell`), and a job that looks after the endpoint. `service::deliver` takes what is due, one process at a
//! time, posts it through the one way out, and notes the answer; what fails is tried eight times in about a day
//! (`service::schedule`). The order of posts is not promised, and each may come twice under one id. Owners look after
//! their endpoints on `/settings/developer/webhooks` (`page`, `api`); programs use `v1`.

pub mod api;
mod endpoint_page;
pub mod model;
mod page;
mod view;

#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub(super) mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;

pub use endpoint_page::WebhookPage;
pub use page::WebhooksPage;
#[cfg(feature = "ssr")]
pub use service::OutgoingWebhooks;
