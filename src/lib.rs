//! Aura: an assistant over the services a person already uses.
//!
//! One library, compiled twice: with the feature `ssr` it is the server, with `hydrate` the part that runs in the
//! browser. Every gate between the two stands here or in a feature's `mod.rs`.

#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("build with `ssr` or with `hydrate`, not with both");

pub mod account;
pub mod admin;
pub mod app;
pub mod billing;
pub mod chat;
pub mod error;
pub mod identity;
pub mod integrations;
pub mod kit;
pub mod music;
pub mod privacy;
pub mod site;
pub mod team;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod inference;
#[cfg(feature = "ssr")]
pub mod platform;
#[cfg(feature = "ssr")]
pub mod providers;
#[cfg(feature = "ssr")]
pub mod serve;

/// Takes over the page that the server rendered; called by the script that the page loads.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::take_over();
}
