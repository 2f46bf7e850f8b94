//! The parts of the connections page.

mod ago;
mod connected;
mod notice;
mod services;

pub use connected::{Attention, Connected};
pub use notice::Notice;
pub use services::Services;
