//! What a process does beside answering: jobs, sweeps, and figures.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::AppState;
use crate::{
    account, billing, chat, identity, inference, integrations, music,
    platform::{
        jobs::{JobFailed, JobTable},
        limits, mail,
        telemetry::{self, Figures},
        text_messages,
        webhooks::{self, Handlers},
    },
    privacy, team,
};

const PURGE_EVERY: Duration = Duration::from_secs(10 * 60);

/// Work that runs until it is told to end.
pub(super) struct Background {
    stop: CancellationToken,
    worker: JoinHandle<()>,
    figures: JoinHandle<()>,
}

/// Every task and every sweep of every feature.
#[must_use]
pub fn jobs(state: &AppState) -> JobTable {
    let table = mail::work(JobTable::new(), state.mailer.clone());
    let mailer = state.mailer.clone();
    let handlers = Handlers::new().on(mail::RESEND, move |post| {
        let mailer = mailer.clone();
        async move { mailer.hear(post).await }
    });
    let privy = state.privy.clone();
    let handlers = handlers.on(identity::privy::SOURCE, move |post| {
        let privy = privy.clone();
        async move { Ok(privy.handle(post).await?) }
    });
    let handlers = billing::jobs::handlers(handlers, state.billing.clone());
    let table = text_messages::work(table, state.texts.clone());
    let table = webhooks::work(table, state.webhooks.clone(), handlers);
    let table = identity::jobs::register(table, state.identity.clone());
    let table = account::jobs::register(table, state.account.clone());
    let table = account::files::jobs::register(table, state.user_files.clone());
    let table = team::jobs::register(table, state.teams.clone());
    let table = billing::jobs::register(table, &state.billing);
    let table = inference::jobs::register(table, &state.inference);
    let table = chat::jobs::register(table, &state.chat);
    let table = integrations::jobs::register(table, &state.integrations);
    let table = music::sync::register(table, &state.sources);
    let table = music::genres::register(table, &state.genres);
    let table = music::import::jobs::register(table, &state.imports);
    let table = music::export::jobs::register(table, &state.exports);
    let table = privacy::jobs::register(table, state.departures.clone());
    let state = state.clone();
    table.every(PURGE_EVERY, "purge_expired", move || purge(state.clone()))
}

/// Removes what nothing will read again: visits that never came back, letters long sent, windows long empty.
async fn purge(state: AppState) -> Result<(), JobFailed> {
    let now = state.clock.now();
    integrations::jobs::purge(&state.integrations).await?;
    mail::purge(&state.db, now).await?;
    text_messages::purge(&state.db, now).await?;
    state.webhooks.purge(now).await?;
    state.privy.purge().await?;
    state.idempotency.purge().await?;
    state.api_keys.purge().await?;
    state.notifications.purge().await?;
    state.profiles.fold_views().await?;
    state.profiles.purge_reports().await?;
    limits::PostgresStore::new(state.db.clone()).purge(now).await?;
    Ok(())
}

pub(super) fn start(state: &AppState, figures: Figures) -> Background {
    let stop = CancellationToken::new();
    let worker = tokio::spawn(jobs(state).run(state.db.clone(), stop.clone()));
    let port = state.settings.metrics_port;
    let figures = tokio::spawn(async move {
        if let Err(error) = figures.serve(port).await {
            telemetry::report(&error, "serving /metrics; is METRICS_PORT taken?");
        }
    });
    Background { stop, worker, figures }
}

impl Background {
    /// Lets running jobs finish.
    pub async fn end(self) {
        self.stop.cancel();
        if self.worker.await.is_err() {
            tracing::warn!("the worker ended by a fault");
        }
        self.figures.abort();
    }
}
