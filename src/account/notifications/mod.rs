//! What people are told in the app: each notification belongs to one person, who alone sees it and marks it read.
//!
//! Whoever has something to tell writes it in the transaction in which it happens, through the `Board`: identity beside
//! each of its letters, integrations when a connection no longer works. The bus then says that something of this person
//! has changed, and whoever follows (`live`) reads the tally again. `v1` is the API, `page` and `view` are the list, the
//! preferences and the bell.

pub mod api;
pub mod browser;
pub mod model;
mod page;
pub mod view;

#[cfg(feature = "ssr")]
mod board;
#[cfg(feature = "ssr")]
mod letter;
#[cfg(feature = "ssr")]
mod live;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;

#[cfg(feature = "ssr")]
pub use board::Board;
#[cfg(feature = "ssr")]
pub use live::{MOST_STREAMS, Seat, Tally};
pub use page::{NotificationSettingsPage, NotificationsPage};
#[cfg(feature = "ssr")]
pub use service::{NotificationError, Notifications};
