//! Billing: what teams pay for, and what that allows them.
//!
//! A person buys on Stripe's own pages: `service/checkout` asks Stripe for a checkout and remembers it; whether the money
//! came is told by Stripe's events (`webhook`), by the person who comes back, or by the reconciler (`jobs`), and all three
//! do the same: lock the customer, read the subscription anew from Stripe, and write it down (`service/sync`). What a
//! team may do (`entitlement`) is one pure function of those rows and the time; nothing is asked of Stripe for it. `usage`
//! counts what is done: it reserves before an answer and settles after it.

pub mod api;
mod browser;
pub mod model;
pub mod page;
pub mod shown;
pub mod view;

#[cfg(feature = "ssr")]
pub mod entitlement;
#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod letter;
#[cfg(feature = "ssr")]
pub mod plans;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod stripe;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;
#[cfg(feature = "ssr")]
pub mod webhook;

#[cfg(feature = "ssr")]
pub use error::BillingError;
#[cfg(feature = "ssr")]
pub use service::{
    About, Act, Agreed, Back, Billing, Books, EndWanted, Known, Parts, Payment, RefundWanted, Repaired,
    SOURCE as STRIPE, Synced, Taken, Wanted,
};
