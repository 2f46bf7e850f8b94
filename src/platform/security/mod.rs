//! The guards around every request: headers, cross-site posts, size, time, panics, and whose address it came from.

mod browser;
mod client;
mod guards;
mod headers;
mod origin;

pub use self::{
    browser::{browser_name, is_handheld, shown_address},
    client::{Client, identify},
    guards::{Upload, cross_site, limit_body, limit_time, panics},
    headers::{HeaderPolicy, Nonce, page_headers, reference_headers, site_headers, unkept},
    origin::{OwnScheme, own_origin},
};
