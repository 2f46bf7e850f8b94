//! What the chat page is made of.

mod answer;
pub(super) mod commands;
mod composer;
mod desk;
mod empty;
mod manage;
mod need_card;
mod press;
mod proposal_card;
mod recents;
mod search;
mod tool_card;
mod transcript;
mod undo;
mod versions;

pub(super) use composer::Composer;
pub(super) use desk::Desk;
pub(super) use empty::FirstRun;
pub use manage::ManagePage;
pub use recents::Recents;
pub use search::SearchPage;
pub(super) use transcript::Transcript;
