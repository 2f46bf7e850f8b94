//! The SQL of conversations, messages, runs and their log. Everything asks for the owner, except `system`.

pub(super) mod conversations;
pub(super) mod log;
pub(super) mod runs;
pub(super) mod sealed;
pub(super) mod system;
