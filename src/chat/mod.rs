//! Chat: questions about a person's own services, answered from what was read there.
//!
//! `POST /api/chat` (`routes`, or `api` from the page) reaches [`Chat::take`] in `service`, which writes the question,
//! an empty answer and a run in one transaction and starts a task. The task (`worker`) asks the model, or the rules
//! of `rules` where there is none, lets `tools` read through the connections, and writes everything into the run's
//! numbered log (`log`). Viewers never hear from the task: `GET /api/chat/runs/{id}/events` (`follow`) replays the log
//! from the database and waits for the bus to say that there is more, so a reload, a second tab or a lost connection
//! misses nothing. `jobs` settles runs whose process died.

pub mod activity;
pub mod api;
pub mod attached;
mod attaching;
mod browser;
pub mod found;
pub mod managed;
pub mod model;
pub mod need;
pub mod page;
pub mod proposal;
pub mod receipts;
mod unfinished;
mod view;

#[cfg(feature = "ssr")]
mod decide;
#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod exhibits;
#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
mod fields;
#[cfg(feature = "ssr")]
mod follow;
#[cfg(feature = "ssr")]
mod held;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod listening;
#[cfg(feature = "ssr")]
mod live;
#[cfg(feature = "ssr")]
mod log;
#[cfg(feature = "ssr")]
pub mod markdown;
#[cfg(feature = "ssr")]
mod meter;
#[cfg(feature = "ssr")]
mod moment;
#[cfg(feature = "ssr")]
mod needs;
#[cfg(feature = "ssr")]
mod offer;
#[cfg(feature = "ssr")]
mod paging;
#[cfg(feature = "ssr")]
mod reading;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod sheet;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod talk;
#[cfg(feature = "ssr")]
mod tools;
#[cfg(feature = "ssr")]
mod undo;
#[cfg(feature = "ssr")]
mod unsent;
#[cfg(feature = "ssr")]
mod upload;
#[cfg(feature = "ssr")]
mod visit;
#[cfg(feature = "ssr")]
mod waiting;
#[cfg(feature = "ssr")]
mod worker;
#[cfg(feature = "ssr")]
mod writer;

pub use activity::CallsPage;
#[cfg(feature = "ssr")]
pub use error::ChatError;
#[cfg(feature = "ssr")]
pub use follow::Followed;
pub use page::ChatPage;
#[cfg(feature = "ssr")]
pub use paging::Spot;
#[cfg(feature = "ssr")]
pub use routes::{UPLOADS, routes};
#[cfg(feature = "ssr")]
use routes::{approval_id, conversation_id, need_id, run_id};
#[cfg(feature = "ssr")]
pub use service::{Asker, Chat, Parts, Place};
#[cfg(feature = "ssr")]
pub use store::sealed::SEALED;
pub use view::{ManagePage, Recents, SearchPage};
