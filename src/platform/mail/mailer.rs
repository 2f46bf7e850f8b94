//! Sends what waits in the outbox.

use std::sync::Arc;

use serde_json::Value;

use super::{Letter, MailError, outbox, resend::Resend, smtp::Smtp};
use crate::{
    kit::id::MailId,
    platform::{
        clock::Clock,
        config::MailSettings,
        crypto::Vault,
        db::Db,
        http::Http,
        jobs::{Attempt, JobFailed, JobTable},
    },
};

/// Sends letters the way that the settings name.
#[derive(Clone)]
pub struct Mailer {
    db: Db,
    vault: Vault,
    clock: Clock,
    way: Arc<Way>,
}

enum Way {
    Smtp(Smtp),
    Resend(Resend),
    Log,
}

impl Mailer {
    /// A mailer for these settings.
    pub fn new(settings: &MailSettings, http: Http, db: Db, vault: Vault, clock: Clock) -> Result<Self, MailError> {
        let way = match settings {
            MailSettings::Smtp { host, port, from, username, password } => {
                Way::Smtp(Smtp::new(host, *port, from, username.as_deref(), password.as_ref())?)
            }
            MailSettings::Resend { api_key, from } => Way::Resend(Resend::new(http, api_key.clone(), from.clone())),
            MailSettings::Log { .. } => Way::Log,
        };
        Ok(Self { db, vault, clock, way: Arc::new(way) })
    }

    /// Sends one letter of the outbox; does nothing if it has left already.
    pub async fn send(&self, id: MailId) -> Result<(), MailError> {
        let Some(waiting) = outbox::take(&self.db, id).await? else { return Ok(()) };
        let sealed = waiting.sealed_content.ok_or_else(|| MailError::Broken("it is empty".into()))?;
        let content = self.vault.open(&outbox::place(id), &sealed)?;
        let letter: Letter =
            serde_json::from_slice(&content).map_err(|_| MailError::Broken("it is no letter".into()))?;
        match self.way.as_ref() {
            Way::Smtp(smtp) => smtp.send(id, &waiting.recipient, &letter, self.clock.now()).await?,
            Way::Resend(resend) => resend.send(id, &waiting.recipient, &letter).await?,
            Way::Log => {
                tracing::info!(mail = %id, template = letter.template, "a mail would have left, had a way been set up");
            }
        }
        metrics::counter!("aura_mails_sent_total", "template" => letter.template).increment(1);
        outbox::sent(&self.db, id, self.clock.now()).await?;
        Ok(())
    }

    async fn job(&self, payload: Value, attempt: Attempt) -> Result<(), JobFailed> {
        let id: MailId = payload.get("mail").and_then(Value::as_str).unwrap_or_default().parse()?;
        let result = self.send(id).await;
        if result.is_err() && attempt.last {
            outbox::failed(&self.db, id, self.clock.now()).await?;
        }
        Ok(result?)
    }
}

/// Adds the sending of mail to what the worker does.
#[must_use]
pub fn work(table: JobTable, mailer: Mailer) -> JobTable {
    table.on_attempt(outbox::TASK, move |payload, attempt| {
        let mailer = mailer.clone();
        async move { mailer.job(payload, attempt).await }
    })
}
