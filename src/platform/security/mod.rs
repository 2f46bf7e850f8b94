//! The guards around every request: headers, cross-site posts, size, time, panics, and whose address it came from.

mod client;
mod guards;
mod headers;

pub use self::{
    client::{Client, identify},
    guards::{cross_site, limit_body, limit_time, panics},
    headers::{HeaderPolicy, Nonce, page_headers, site_headers},
};
