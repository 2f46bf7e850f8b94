//! A Stripe for billing: what `api.stripe.com` answers to a secret key, its hosted pages, its clock and its webhooks.
//!
//! Shapes follow Stripe's published fixtures at API version [`VERSION`]; `templates.json` has one of each object.
//! A request goes: [`api`] (key, version, idempotency) → [`routes`] → the file of the object → [`events`] → [`webhooks`].
//! Everything lies in one [`Stripe`], behind `Sandbox::stripe()`; what becomes due by its clock is done in [`timeline`].
//!
//! A test holds the sandbox in its own process and drives it by functions, with no server for the webhooks:
//!
//! ```ignore
//! sandbox.stripe().freeze(now);                              // else it follows the clock of the machine
//! let url = …;                                               // Aura makes a session over HTTP
//! let back = sandbox.stripe().pay(&session, Card::PAYS)?;    // the person pays; `back` is the success_url
//! for post in sandbox.stripe().take_events() {               // whatever has happened since, signed
//!     app.post("/api/webhooks/stripe", &post.headers, &post.body).await;
//!     sandbox.stripe().delivered(&post.id);                  // else `delivery_success=false` lists it
//! }
//! sandbox.stripe().advance(31 * 86_400);                     // renewals, retries, ends of trials
//! sandbox.stripe().act(&json!({ "kind": "refund", "invoice": "in_…" }))?;
//! ```
//!
//! Never hold the guard of `stripe()` across an `await`: take what you need in one statement. The acts are listed in
//! [`acts`], knobs in [`Knobs`], cards in [`cards`]. Over HTTP the same is at `/_sandbox/stripe/…`, see [`control`].

pub mod acts;
pub mod api;
mod bend;
pub mod calendar;
pub mod cards;
mod catalogue;
mod changes;
mod charges;
mod checkout;
pub mod control;
mod customers;
mod discounts;
mod ending;
mod endpoints;
mod events;
mod expand;
mod form;
mod idempotency;
mod invoices;
mod knobs;
mod listing;
mod objects;
pub mod pages;
mod params;
mod payments;
mod portal;
mod preview;
mod problem;
pub mod proration;
mod refunds;
mod renewal;
mod routes;
mod schedules;
mod sessions;
mod shifts;
mod state;
mod subscriptions;
mod template;
mod timeline;
pub mod webhooks;

#[cfg(test)]
mod tests;

use crate::app::Sandbox;

pub use cards::Card;
pub use knobs::{Failure, FailureKind, Knobs};
pub use problem::Problem;
pub use state::Stripe;
pub use webhooks::Delivery;

/// The API version that is played.
pub const VERSION: &str = "2026-09-30.endive";
/// A key that is taken, as every one that begins with `sk_test_`.
pub const SECRET_KEY: &str = "sk_test_sandbox_billing";
/// What webhooks are signed with until somebody sets another one.
pub const WEBHOOK_SECRET: &str = "whsec_sandbox_billing";

/// What a newcomer needs to know, told at the start.
pub const HINTS: [&str; 3] = [
    "4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, 4000 0000 0000 0341 pays once and is declined at renewal",
    "4000 0025 0000 3155 asks for 3-D Secure once, 4000 0027 6000 3184 every time; promotion codes WELCOME20, FRIENDS50, FIVE",
    "the clock, the webhooks and what happens in the dashboard: /_sandbox/stripe",
];

/// Lets time pass while nobody calls: what becomes due is done and told.
pub async fn live(sandbox: Sandbox) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        sandbox.stripe().tick();
        webhooks::flush(&sandbox);
    }
}
