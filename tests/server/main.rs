//! The server as one process sees it: the real router over a database of its own, with a clock and randomness that the
//! test decides.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod browser;
mod bus;
mod chat;
mod connections;
mod guard;
mod http;
mod jobs;
mod limits;
mod mail;
mod model;
mod oauth;
mod outside;
mod platform;
mod runs;
mod sessions;
mod sign_in;
mod support;
mod teams;
mod tools;
mod two_processes;
mod vault;
mod vendor;
