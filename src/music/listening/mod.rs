//! What somebody listened to, as a page: `/music`, for its person alone.
//!
//! `visit` asks the statistics for one period in the person's time zone and puts them into words; `page` draws them.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod visit;

pub use page::ListeningPage;
