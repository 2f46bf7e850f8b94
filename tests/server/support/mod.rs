//! What every server test stands on.

mod logs;
pub mod token_keys;

use std::collections::BTreeMap;

use aura::{
    identity::Identity,
    platform::{
        clock::Clock,
        config::{Settings, Variables},
        crypto::Vault,
        db,
        random::Random,
    },
    serve::{self, AppState, Site},
};
use axum::Router;
use leptos::config::LeptosOptions;
use sqlx::{ConnectOptions as _, PgPool};
use time::macros::datetime;

pub use self::logs::Logs;

/// One process of Aura over the test's database, at noon of a fixed day.
pub struct TestApp {
    state: AppState,
    router: Router,
    variables: Variables,
}

impl TestApp {
    /// In development, with nothing optional set.
    pub async fn new(db: PgPool) -> Self {
        Self::with(db, &[]).await
    }

    /// With further variables, or others.
    pub async fn with(db: PgPool, changes: &[(&str, &str)]) -> Self {
        let url = db.connect_options().to_url_lossy().to_string();
        let token_keys = token_keys::pair();
        let variables = [
            ("AURA_ENV", "development"),
            ("DATABASE_URL", url.as_str()),
            ("AUTH_URL", "http://localhost:3000"),
            ("AUTH_SECRET", "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwgc2VjcmV0IGF0IGFsbA"),
            ("JWT_PRIVATE_KEY_PATH", token_keys.private.as_str()),
            ("JWT_PUBLIC_KEY_PATH", token_keys.public.as_str()),
            ("AURA_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            // No test reaches an outside service by accident: nothing listens on this port.
            ("HOST_OVERRIDES", "*=http://127.0.0.1:9"),
        ];
        let variables: BTreeMap<&str, &str> = variables.into_iter().chain(changes.iter().copied()).collect();
        let variables: Variables = variables.into_iter().collect();
        let settings = Settings::load(&variables).unwrap();
        db::migrate(&settings.database).await.unwrap();
        Self::start(db, variables, Clock::manual(datetime!(2026-03-12 12:00 UTC)), 1).await
    }

    async fn start(db: PgPool, variables: Variables, clock: Clock, seed: u64) -> Self {
        serve::install_tls();
        let settings = Settings::load(&variables).unwrap();
        let options = LeptosOptions::builder().output_name("aura").build();
        let site = Site { options, stylesheet: "/pkg/aura.css".into() };
        let state = Box::pin(AppState::build(settings, site, db, clock, Random::seeded(seed))).await.unwrap();
        let router = serve::router(&state);
        Self { state, router, variables }
    }

    /// Another process over the same database and at the same time.
    pub async fn second_process(&self) -> Self {
        Self::start(self.state.db.clone(), self.variables.clone(), self.state.clock.clone(), 2).await
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub fn state(&self) -> &AppState {
        &self.state
    }

    pub fn db(&self) -> &PgPool {
        &self.state.db
    }

    pub fn clock(&self) -> &Clock {
        &self.state.clock
    }

    pub fn vault(&self) -> &Vault {
        &self.state.vault
    }

    pub fn identity(&self) -> &Identity {
        &self.state.identity
    }
}
