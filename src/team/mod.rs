//! Teams: they own conversations and have a plan. Everybody has a personal one, made the first time that something has to
//! belong to it; more can be made, with members, roles and invitations.
//!
//! `/team` (`page`, `view`) reads one `TeamPage` through `api` and `visit`; its forms are server functions. All policy
//! stands in `service`, and who may do what in `model::Role::may`. Each change holds the team's row, so that two of them
//! take turns, and reads the roles after it has the row. An invitation's link opens `gate`, which acts only by its
//! button. Which team somebody works for is kept here too, for the switcher of the shell. Others hear of changes by jobs
//! that are put in with them: [`MEMBERS_CHANGED`], [`MEMBER_GONE`], [`LEFT`], [`CLOSED`].

pub mod api;
pub mod model;
pub mod page;
pub mod view;

#[cfg(feature = "ssr")]
pub mod gate;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod letter;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;

#[cfg(feature = "ssr")]
pub use service::{
    CLOSED, Facts, INVITATION_LASTS, LEFT, MEMBER_GONE, MEMBERS_CHANGED, MOST_OWNED, Parts, TeamError, Teams,
};
