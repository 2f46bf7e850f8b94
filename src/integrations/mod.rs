//! A person's accounts at outside services: connecting them, keeping their access alive, and asking through them.
//!
//! «Connect» is a link to `/api/integrations/{service}` (`routes`): `service::connect` leaves a single-use row (`store`)
//! and sends the browser to the consent page; the callback takes that row away, trades the code, asks the service
//! whose account it is, and stores the tokens sealed. A question later comes in through `service::ask`: the broker in
//! `service::refresh` gives an access token, renewed by one process at a time, `executor` runs the steps that the
//! catalogue has for the tool, and the answer goes back as lines and as data. `questions` and `router`
//! find the tools for a question by rules. A tool that changes something runs only with an `Approved` call (`approval`).

pub mod api;
pub mod catalogue;
pub mod connection;
pub mod forms;
pub mod model;
pub mod own_apps;
pub mod page;
mod view;
pub mod webhooks;

#[cfg(feature = "ssr")]
mod account_routes;
#[cfg(feature = "ssr")]
pub mod approval;
#[cfg(feature = "ssr")]
pub mod broker;
#[cfg(feature = "ssr")]
mod connect_routes;
#[cfg(feature = "ssr")]
mod executor;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
pub(crate) mod plain;
#[cfg(feature = "ssr")]
pub mod questions;
#[cfg(feature = "ssr")]
pub mod router;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod tools;

#[cfg(feature = "ssr")]
pub use routes::{posts, routes};
#[cfg(feature = "ssr")]
pub use service::{
    Account, AgreedTo, Agreement, ClientFault, Effects, Error, FORGET_READINGS, FetchError, Integrations, Readings,
    Sent, Through, ToolCall, own_app_vault,
};
#[cfg(feature = "ssr")]
pub use store::{SEALED, SEALED_OWN_APPS};
#[cfg(feature = "ssr")]
pub use webhooks::OutgoingWebhooks;
