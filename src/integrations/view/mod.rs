//! The parts of the connections page.

mod ago;
mod catalogue;
mod connected;
mod notice;
mod permissions;
mod room;

pub use catalogue::Services;
pub use connected::{Attention, Connected};
pub use notice::Notice;
pub use permissions::Permissions;
pub use room::ConnectionsUsed;
