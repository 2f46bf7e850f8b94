//! Teams: they own conversations and, later, plans.
//!
//! Everybody has a personal team. It is made the first time that something has to belong to it: a feature that
//! writes such a row asks `Teams::personal` inside its own transaction.

pub mod model;
pub mod service;
mod store;

pub use service::Teams;
