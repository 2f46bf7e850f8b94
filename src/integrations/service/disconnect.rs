//! Ending a connection: here at once, and at the service where it offers a call for it.

use super::{Error, Integrations, sealed::Column};
use crate::{
    integrations::{
        model::{Disconnected, Verdict},
        store::{self, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
    platform::telemetry,
    providers::{
        Provider,
        oauth::revoke::{self, Outcome},
    },
};

impl Integrations {
    /// Destroys the stored tokens, then gives the access back at the service, whatever comes of that.
    ///
    /// # Errors
    /// When there is no such connection of this person, or the database is away: then nothing has changed.
    pub async fn disconnect(&self, user: UserId, id: ConnectionId) -> Result<Disconnected, Error> {
        let service = self.clone();
        // A closed tab must not leave the access alive at the service.
        tokio::spawn(async move { service.end(user, id).await }).await?
    }

    async fn end(&self, user: UserId, id: ConnectionId) -> Result<Disconnected, Error> {
        let row = store::delete_connection(&self.db, user, id).await?.ok_or(Error::NotFound("connection"))?;
        self.forget_pause(id);
        let provider = self.provider(&row.provider)?;
        let verdict = self.give_back(user, provider, &row).await;
        self.changed(user, Some(id), &provider.id, "disconnected", Some(verdict.as_str())).await?;
        Ok(Disconnected {
            provider: provider.id.clone(),
            service_name: provider.name.clone(),
            verdict,
            manage: provider.manage.url().to_string(),
        })
    }

    async fn give_back(&self, user: UserId, provider: &Provider, row: &ConnectionRow) -> Verdict {
        let Some(oauth) = provider.oauth.as_ref().filter(|oauth| oauth.revoke.is_some()) else {
            return Verdict::Unsupported;
        };
        let Ok(client) = self.client(provider) else {
            return Verdict::Failed;
        };
        let open = |column, sealed: &str| {
            self.open_token(column, row.id, user, &provider.id, sealed)
                .inspect_err(|error| telemetry::report(error, "a token of an ended connection did not open"))
                .ok()
        };
        let refresh = row.sealed_refresh_token.as_deref().and_then(|sealed| open(Column::Refresh, sealed));
        let Some(access) = open(Column::Access, &row.sealed_access_token) else {
            return Verdict::Failed;
        };
        match revoke::revoke(&self.http, oauth, client, &access, refresh.as_ref()).await {
            Outcome::Revoked => Verdict::Revoked,
            Outcome::Unsupported => Verdict::Unsupported,
            Outcome::Failed => Verdict::Failed,
        }
    }
}
