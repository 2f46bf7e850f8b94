//! The SQL of conversations, messages, runs and their log. Everything asks for the owner, except `system`.

pub(super) mod attached;
pub(super) mod batch;
pub(super) mod conversations;
pub(super) mod feedback;
pub(super) mod held;
pub(super) mod log;
pub(super) mod messages;
pub(super) mod names;
pub(super) mod needs;
pub(super) mod runs;
pub(super) mod sealed;
pub(super) mod search;
pub(super) mod shares;
pub(super) mod system;
pub(super) mod waits;
