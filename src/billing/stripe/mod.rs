//! Stripe's API: requests are made with async-stripe's types, sent over our own way out, and of the answers only that is
//! read which is used, so that a field that comes or goes elsewhere stops no payment.

mod client;
mod error;
pub mod objects;

pub use client::Stripe;
pub use error::StripeError;
