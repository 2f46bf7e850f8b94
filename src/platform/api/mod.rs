//! What the routes of the JSON API share: bodies that are read strictly, lists in pages, refusals as problem details,
//! and the words for them in the contract (OpenAPI).
//!
//! A feature documents a route where it answers it, with `#[utoipa::path]`, and adds it by
//! [`Routes::documented`](super::routes::Routes::documented): the contract is what the code says.

mod body;
pub mod cors;
pub mod etag;
pub mod idempotency;
mod page;
mod schema;
mod strict;

pub use body::{Body, Path, Query};
pub use page::{Page, PageQuery};
pub use schema::{BEARER, Bytes, Problem, Refused};
