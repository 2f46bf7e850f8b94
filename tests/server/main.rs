//! The server as one process sees it: the real router over a database of its own, with a clock and randomness that the
//! test decides.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod abroad;
mod access;
mod account;
mod activity;
mod admin;
mod api_conventions;
mod api_devices;
mod api_keys;
mod api_sessions;
mod app_versions;
mod avatar;
#[cfg(feature = "aws")]
mod aws;
#[path = "../../bench/connections.rs"]
mod bench_connections;
#[path = "../../bench/files.rs"]
mod bench_files;
#[path = "../../bench/identity.rs"]
mod bench_identity;
#[path = "../../bench/limits.rs"]
mod bench_limits;
#[path = "../../bench/passwords.rs"]
mod bench_passwords;
#[path = "../../bench/sealing.rs"]
mod bench_sealing;
mod broker;
mod browser;
mod bucket;
mod bus;
mod chat;
mod connect_choice;
mod connection_page;
mod connections;
mod contract;
mod crash_points;
mod csrf;
mod departures;
mod devices;
mod disconnects;
mod email_change;
mod files;
mod gallery;
mod gate;
mod gate_pages;
mod google;
mod guard;
mod handles;
mod http;
mod jobs;
mod jwt;
mod key_rotation;
mod keys;
mod keys_refused;
#[cfg(feature = "aws")]
mod kms;
mod limit_stores;
mod limits;
mod linking;
mod lost_mailbox;
mod mail;
mod mail_feedback;
mod mail_judge;
mod mail_once;
mod mail_server;
mod model;
mod notifications;
mod oauth;
mod oauth1;
mod oauth_dialects;
mod outgoing_webhooks;
mod outside;
mod own_apps;
mod passwords;
mod pasted;
mod phones;
mod platform;
mod privy;
mod privy_world;
mod program;
mod providers_document;
mod proxies;
mod reconnect;
mod recoveries;
mod reference;
mod refresh;
mod refresh_ahead;
mod refresh_errors;
mod refresh_health;
mod registrations;
mod reminders;
mod route_table;
mod runs;
mod scanner;
mod session_info;
mod sessions;
mod sign_in;
mod signed_session;
mod signer;
mod smtp_settings;
#[cfg(feature = "aws")]
mod sns;
mod soak;
mod statuses;
mod step_up;
mod stranger;
mod stream;
mod support;
mod teams;
mod text_messages;
mod token_desk;
mod tokens;
mod tools;
mod tools_registry;
mod tools_sandbox;
mod tools_waits;
mod two_processes;
mod users;
mod vault;
mod vendor;
mod walk;
mod wallet;
mod ways;
mod ways_refused;
mod webhooks;
