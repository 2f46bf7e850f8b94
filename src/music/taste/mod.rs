//! What a model writes about somebody's listening: an analysis, a bio, captions, a guess at an age. Only when its person
//! presses a button.
//!
//! `facts` counts what may be told to a model (`policy`), `prompt` puts it into a question, and `said` takes the answer
//! apart: JSON of one shape and nothing else. The model writes no name and no number itself. It writes places for them, as
//! `{a1}`, which `grounded` fills from the counted facts; whatever else looks like a name or a number refuses the text. A
//! refused answer is asked for once more, with the reason; then it is an error, and what was there before stays.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod age;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod facts;
#[cfg(feature = "ssr")]
pub mod grounded;
#[cfg(feature = "ssr")]
mod prompt;
#[cfg(feature = "ssr")]
mod said;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod visit;
#[cfg(feature = "ssr")]
mod words;

pub use page::TastePage;
#[cfg(feature = "ssr")]
pub use service::{Parts, Taste};
