//! Who is signed in, for the shell, and the ways in, for the settings.

mod account_box;
mod recovery_banner;
mod ways_in;

pub use account_box::{AccountBox, ViewerChanges};
pub use recovery_banner::RecoveryBanner;
pub use ways_in::WaysInSection;
