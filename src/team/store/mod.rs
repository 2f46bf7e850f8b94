//! The rows of teams, their members and invitations.

pub mod choices;
pub mod invitations;
pub mod members;
pub mod system;
pub mod teams;
