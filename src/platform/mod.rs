//! What every feature stands on and what knows no feature: settings, the database, outgoing HTTP, sealing, jobs, mail,
//! limits, logs, and the guards around every request.

pub mod api;
pub mod audit;
pub mod bus;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod files;
pub mod health;
pub mod http;
pub mod jobs;
pub mod limits;
pub mod mail;
pub mod random;
pub mod refusal;
pub mod returned;
pub mod routes;
pub mod security;
pub mod sse;
pub mod telemetry;
pub mod text_messages;
pub mod web;
pub mod webhooks;
