//! What somebody's plays amount to, right to the play in any time zone: most played lists, clock, week, days, streaks,
//! sessions, first and last listens, decades, and how that changed.
//!
//! The database counts while plays are written (`migrations/0041_listening.sql`): quarters of an hour, which every time
//! zone is made of (`zone`), and months and totals of tracks. A statistic adds up what lies in its period (`period`).

pub mod days;
pub mod model;
pub mod period;
mod service;
mod store;
pub mod zone;

pub use self::service::{Statistics, View};
