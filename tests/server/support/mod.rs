//! What every server test stands on.

mod logs;
pub mod token_keys;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

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
use time::{Duration, macros::datetime};

pub use self::logs::Logs;

/// One process of Aura over the test's database, at noon of a fixed day.
pub struct TestApp {
    /// On the heap, for it is large, and every test's future holds it.
    state: Box<AppState>,
    router: Router,
    variables: BTreeMap<String, String>,
    access_lasts: Option<Duration>,
    /// How many processes this database has had, this one included.
    processes: Arc<AtomicU64>,
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
        let variables: BTreeMap<String, String> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let settings = Settings::load(&variables.clone().into_iter().collect()).unwrap();
        db::migrate(&settings.database).await.unwrap();
        Self::start(db, variables, None, Clock::manual(datetime!(2026-03-12 12:00 UTC)), Arc::default()).await
    }

    async fn start(
        db: PgPool,
        variables: BTreeMap<String, String>,
        access_lasts: Option<Duration>,
        clock: Clock,
        processes: Arc<AtomicU64>,
    ) -> Self {
        // Each process draws numbers of its own: two that draw the same ones collide on secrets of the same moment.
        let seed = processes.fetch_add(1, Ordering::Relaxed) + 1;
        serve::install_tls();
        let mut settings = Settings::load(&variables.clone().into_iter().collect::<Variables>()).unwrap();
        if settings.billing.stripe.is_none() && settings.billing.plans.is_none() {
            // What has nothing to do with plans meets no limit of them.
            let plans = include_str!("../../../src/billing/plans.toml");
            settings.billing.plans = Some(plans.replace("connections = 10", "connections = 1_000"));
        }
        settings.tokens.access_lasts = access_lasts.unwrap_or(settings.tokens.access_lasts);
        let options = LeptosOptions::builder().output_name("aura").build();
        let site = Site { options, stylesheet: "/pkg/aura.css".into() };
        let state = Box::pin(AppState::build(settings, site, db, clock, Random::seeded(seed))).await.unwrap();
        let state = Box::new(state);
        let router = serve::router(&state);
        Self { state, router, variables, access_lasts, processes }
    }

    /// Another process over the same database and at the same time.
    pub async fn second_process(&self) -> Self {
        self.second_process_with(&[]).await
    }

    /// The same, with further variables, or others.
    pub async fn second_process_with(&self, changes: &[(&str, &str)]) -> Self {
        let mut variables = self.variables.clone();
        variables.extend(changes.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let (db, clock) = (self.state.db.clone(), self.state.clock.clone());
        Self::start(db, variables, self.access_lasts, clock, self.processes.clone()).await
    }

    /// By the machine's clock, with access tokens that last as long as no setting says.
    pub async fn in_real_time(db: PgPool, access_lasts: Duration) -> Self {
        let Self { variables, processes, .. } = Self::new(db.clone()).await;
        Self::start(db, variables, Some(access_lasts), Clock::system(), processes).await
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
