//! What somebody listened to, as a page: `/music`, for its person alone.
//!
//! `visit` asks the statistics for one period in the person's time zone and puts them into words; `page` draws them, and
//! `recap` tells them in sentences.

pub mod api;
pub mod model;
mod page;
mod recap;

#[cfg(feature = "ssr")]
pub(super) mod visit;

pub use page::ListeningPage;
pub(super) use page::{Figures, Ranking};
pub use recap::RecapPage;
