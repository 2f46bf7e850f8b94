//! The parts of the connections page.

mod ago;
mod catalogue;
mod connected;
mod notice;
mod permissions;

pub use catalogue::Services;
pub use connected::{Attention, Connected};
pub use notice::Notice;
pub use permissions::Permissions;
