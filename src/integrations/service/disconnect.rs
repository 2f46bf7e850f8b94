//! Ending a connection: here at once, and at the service where it offers a call for it.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sqlx::PgConnection;

use super::{
    Error, Integrations, parting,
    revocations::{Pending, Still},
    sealed::Column,
    signed_visit::TOKEN_SECRET,
};
use crate::{
    integrations::{
        model::{Disconnected, Verdict},
        store::{self, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
    platform::{jobs::Jobs, telemetry},
    providers::{Provider, oauth::revoke::Tokens},
};

/// The job that removes what was read through a connection. Its payload has the ids of the `user` and the
/// `connection`; whoever keeps what was read does it.
pub const FORGET_READINGS: &str = "forget_readings";

/// What becomes of what was read through a connection that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readings {
    Keep,
    Forget,
}

impl Readings {
    /// Whether they are to be forgotten.
    #[must_use]
    pub fn of(forget: bool) -> Self {
        if forget { Self::Forget } else { Self::Keep }
    }
}

impl Integrations {
    /// Destroys the stored tokens, and with them what was read if that is wished; then gives the access back at the
    /// service, whatever comes of that.
    ///
    /// # Errors
    /// When there is no such connection of this person, or the database is away: then nothing has changed.
    pub async fn disconnect(&self, user: UserId, id: ConnectionId, readings: Readings) -> Result<Disconnected, Error> {
        let service = self.clone();
        // A closed tab must not leave the access alive at the service.
        tokio::spawn(async move { service.end(user, id, readings).await }).await?
    }

    async fn end(&self, user: UserId, id: ConnectionId, readings: Readings) -> Result<Disconnected, Error> {
        let mut transaction = self.db.begin().await?;
        let row = store::delete_connection(&mut *transaction, user, id).await?.ok_or(Error::NotFound("connection"))?;
        let provider = self.catalogue.get(&row.provider);
        let pending = match provider {
            Some(provider) => {
                let tokens = self.last_tokens(user, provider, &row);
                self.pend(&mut transaction, user, provider, &row, tokens).await?
            }
            None => None,
        };
        if readings == Readings::Forget {
            let payload = json!({ "user": user, "connection": id });
            Jobs::new().enqueue(&mut transaction, FORGET_READINGS, Some(&id.to_string()), payload).await?;
        }
        self.changed_within(&mut transaction, user, Some(id), &row.provider, "disconnected", None).await?;
        self.tell_outside(&mut transaction, user, "disconnected", None, &row, None).await?;
        transaction.commit().await?;
        let verdict = match (provider, pending) {
            (Some(provider), Some(pending)) => self.try_to_revoke(provider, pending).await,
            _ if provider.is_some_and(can_be_given_back) => Verdict::Failed,
            _ => Verdict::Unsupported,
        };
        Ok(Disconnected {
            provider: row.provider.clone(),
            service_name: provider.map_or(row.provider, |provider| provider.name.clone()),
            verdict,
            manage: provider.map(|provider| provider.manage.url().to_string()).unwrap_or_default(),
        })
    }

    /// Gives back tokens that belong to no connection any more.
    pub(super) async fn give_back(
        &self,
        user: UserId,
        provider: &'static Provider,
        row: &ConnectionRow,
        tokens: Tokens,
    ) {
        let kept = async {
            let mut transaction = self.db.begin().await?;
            let pending = self.pend(&mut transaction, user, provider, row, tokens).await?;
            transaction.commit().await?;
            Ok::<_, Error>(pending)
        };
        match kept.await {
            Ok(Some(pending)) => {
                self.try_to_revoke(provider, pending).await;
            }
            Ok(None) => {}
            Err(error) => telemetry::report(&error, "tokens that nobody owns could not be given back"),
        }
    }

    /// Keeps what has to be given back until it is, sealed. If this process dies before it has asked the service, the
    /// sweep does.
    async fn pend(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        provider: &'static Provider,
        row: &ConnectionRow,
        tokens: Tokens,
    ) -> Result<Option<Pending>, Error> {
        let (tokens, secret) = match provider.oauth.as_ref().and_then(|oauth| oauth.revoke.as_ref()) {
            Some(entry) => (tokens.taken_by(entry), None),
            None if parting::is_offered(provider) => (tokens, self.open_secret(user, row)),
            None => return Ok(None),
        };
        if tokens.is_empty() {
            return Ok(None);
        }
        let pending = Pending::new(self, user, row, tokens, secret);
        self.keep_pending(transaction, provider, &pending).await?;
        Ok(Some(pending))
    }

    /// The tokens of a row that is gone. One that does not open is left out.
    fn last_tokens(&self, user: UserId, provider: &Provider, row: &ConnectionRow) -> Tokens {
        let open = |column, sealed: &str| {
            self.open_token(column, row.id, user, &provider.id, sealed)
                .inspect_err(|error| telemetry::report(error, "a token of an ended connection did not open"))
                .ok()
                .filter(|token| !token.expose_secret().is_empty())
        };
        let second = provider.oauth.as_ref().and_then(|oauth| oauth.second.as_ref());
        let second = second.and_then(|second| self.open_credential(user, row).ok()?.fields.remove(&second.name));
        Tokens {
            second,
            access: open(Column::Access, &row.sealed_access_token),
            refresh: row.sealed_refresh_token.as_deref().and_then(|sealed| open(Column::Refresh, sealed)),
        }
    }

    /// The secret of a token of OAuth 1, without which it cannot be given back. Nothing else that was stored beside a
    /// token is needed for that.
    fn open_secret(&self, user: UserId, row: &ConnectionRow) -> Option<SecretString> {
        self.open_credential(user, row).ok()?.fields.remove(TOKEN_SECRET)
    }

    /// Tries once more whatever is still to be given back; how much is left. What is a day old is destroyed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn revoke_due(&self) -> Result<usize, Error> {
        let mut left = 0;
        for Still { provider, pending } in self.take_pending().await? {
            left += usize::from(self.try_to_revoke(provider, pending).await == Verdict::Failed);
        }
        Ok(left)
    }
}

/// Whether the service has a call by which access is given back.
pub(super) fn can_be_given_back(provider: &Provider) -> bool {
    provider.oauth.as_ref().is_some_and(|oauth| oauth.revoke.is_some()) || parting::is_offered(provider)
}
