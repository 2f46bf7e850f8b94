//! The parts of the team pages, and the switcher of the shell.

mod ends;
mod invitations;
mod members;
mod switcher;

pub use ends::Ends;
pub use invitations::Invitations;
pub use members::Members;
pub use switcher::TeamSwitcher;
