//! What the chat page is made of.

mod answer;
mod composer;
mod desk;
mod empty;
mod recents;
mod tool_card;
mod transcript;

pub(super) use composer::Composer;
pub(super) use desk::Desk;
pub(super) use empty::FirstRun;
pub use recents::Recents;
pub(super) use transcript::Transcript;
