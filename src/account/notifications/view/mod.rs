//! What the frame shows of notifications.

mod bell;

pub use bell::{Bell, Unread};
