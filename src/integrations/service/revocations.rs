//! Access that is still to be given back. Only the tokens in question are kept, sealed, and for a day at most.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Error, Integrations, sealed::Column, signed_visit::TOKEN_SECRET};
use crate::{
    integrations::{
        model::Verdict,
        store::{self, ConnectionRow, NewRevocation, system},
    },
    kit::id::{ConnectionId, OwnAppId, UserId},
    platform::{crypto::VaultError, telemetry},
    providers::{
        Credential, Provider,
        oauth::revoke::{self, Ended, Outcome, Tokens},
    },
};

/// Nothing is kept longer.
const KEPT: Duration = Duration::hours(24);
/// Whoever takes one up has it for so long.
const IN_HAND: Duration = Duration::minutes(2);
const MOST: i64 = 50;

/// Tokens that are to be given back, of a connection that is gone.
pub(super) struct Pending {
    id: Uuid,
    user: UserId,
    connection: ConnectionId,
    own_app: Option<OwnAppId>,
    blanks: BTreeMap<String, String>,
    tokens: Tokens,
    /// Of a token of OAuth 1.
    secret: Option<SecretString>,
    tries: u32,
    ends_at: OffsetDateTime,
}

/// One that is due, with its service.
pub(super) struct Still {
    pub(super) provider: &'static Provider,
    pub(super) pending: Pending,
}

/// As it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: Option<String>,
    refresh: Option<String>,
    #[serde(default)]
    second: Option<String>,
    #[serde(default)]
    secret: Option<String>,
}

impl Pending {
    pub(super) fn new(
        service: &Integrations,
        user: UserId,
        row: &ConnectionRow,
        tokens: Tokens,
        secret: Option<SecretString>,
    ) -> Self {
        let now = service.clock.now();
        let mut blanks = row.blanks.0.clone();
        blanks.insert(revoke::ACCOUNT.to_owned(), row.account_id.clone());
        Self {
            id: Uuid::from(service.random.id::<ConnectionId>(now)),
            user,
            connection: row.id,
            own_app: row.own_app,
            blanks,
            tokens,
            secret,
            tries: 0,
            ends_at: now + KEPT,
        }
    }
}

impl Integrations {
    pub(super) async fn keep_pending(
        &self,
        transaction: &mut PgConnection,
        provider: &Provider,
        pending: &Pending,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let sealed = self.seal_tokens(provider, pending, &pending.tokens)?;
        let new = NewRevocation {
            id: pending.id,
            user: pending.user,
            provider: &provider.id,
            connection: pending.connection,
            own_app: pending.own_app,
            blanks: &pending.blanks,
            sealed_tokens: &sealed,
            due_at: now + IN_HAND,
            ends_at: pending.ends_at,
            now,
        };
        Ok(store::insert_revocation(transaction, &new).await?)
    }

    /// What is due, taken up.
    pub(super) async fn take_pending(&self) -> Result<Vec<Still>, Error> {
        let now = self.clock.now();
        system::purge_revocations(&self.db, now).await?;
        let rows = system::claim_revocations(&self.db, now, now + IN_HAND, MOST).await?;
        let mut still = Vec::with_capacity(rows.len());
        for row in rows {
            let opened = self.open(Column::Revocation, row.id, row.user, &row.provider, &row.sealed_tokens);
            let kept = opened.and_then(|plain| {
                serde_json::from_str::<Kept>(plain.expose_secret()).map_err(|_| VaultError::Malformed)
            });
            let (Some(provider), Ok(kept)) = (self.catalogue.get(&row.provider), kept) else {
                // Nobody can do anything with it any more.
                store::delete_revocation(&self.db, row.user, row.id).await?;
                continue;
            };
            let token = |kept: Option<String>| kept.map(SecretString::from);
            let tokens =
                Tokens { access: token(kept.access), refresh: token(kept.refresh), second: token(kept.second) };
            let pending = Pending {
                id: row.id,
                user: row.user,
                connection: row.connection,
                own_app: row.own_app,
                blanks: row.blanks.0,
                tokens,
                secret: token(kept.secret),
                tries: u32::try_from(row.tries).unwrap_or(0),
                ends_at: row.ends_at,
            };
            still.push(Still { provider, pending });
        }
        Ok(still)
    }

    /// Asks the service to end the access. What it did not end is kept for the next try; a failure to note that only
    /// costs a try.
    pub(super) async fn try_to_revoke(&self, provider: &'static Provider, mut pending: Pending) -> Verdict {
        let tokens = std::mem::take(&mut pending.tokens);
        let Ended { outcome, left, retry_after } = self.end_tokens(provider, &pending, tokens).await;
        let noted = match outcome {
            Outcome::Revoked | Outcome::Unsupported => self.settle_pending(provider, &pending).await,
            Outcome::Failed => self.postpone_pending(provider, &pending, &left, retry_after).await,
        };
        if let Err(error) = noted {
            telemetry::report(&error, "how giving access back went could not be noted");
        }
        match outcome {
            Outcome::Revoked => Verdict::Revoked,
            Outcome::Unsupported => Verdict::Unsupported,
            Outcome::Failed => Verdict::Failed,
        }
    }

    async fn end_tokens(&self, provider: &'static Provider, pending: &Pending, tokens: Tokens) -> Ended {
        let Some(oauth) = &provider.oauth else {
            let Some(token) = &tokens.access else { return Ended::nothing(Outcome::Failed, tokens) };
            let secret = pending.secret.iter().map(|secret| (TOKEN_SECRET.to_owned(), secret.clone()));
            let fields = secret.collect();
            let credential = Credential { token: token.clone(), fields, blanks: pending.blanks.clone() };
            let ended = self.part(provider, &credential).await;
            return Ended::nothing(if ended { Outcome::Revoked } else { Outcome::Failed }, tokens);
        };
        match self.client_of(provider, Some(pending.user), pending.own_app).await {
            Ok(client) => revoke::revoke(&self.http, oauth, &client, &pending.blanks, tokens, self.clock.now()).await,
            Err(_) => Ended::nothing(Outcome::Failed, tokens),
        }
    }

    async fn settle_pending(&self, provider: &Provider, pending: &Pending) -> Result<(), Error> {
        let mut transaction = self.db.begin().await?;
        if store::delete_revocation(&mut *transaction, pending.user, pending.id).await? {
            let (user, connection) = (pending.user, Some(pending.connection));
            self.changed_within(&mut transaction, user, connection, &provider.id, "access_returned", None).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn postpone_pending(
        &self,
        provider: &Provider,
        pending: &Pending,
        left: &Tokens,
        retry_after: Option<u32>,
    ) -> Result<(), Error> {
        // From a minute on, twice as long each time, an hour at most, and never sooner than the service asks.
        let own = 60_i64 << pending.tries.min(6);
        let asked = i64::from(retry_after.unwrap_or(0)).min(KEPT.whole_seconds());
        let due_at = self.clock.now() + Duration::seconds(own.min(3_600).max(asked));
        let mut transaction = self.db.begin().await?;
        if due_at < pending.ends_at {
            let sealed = self.seal_tokens(provider, pending, left)?;
            store::postpone_revocation(&mut *transaction, pending.user, pending.id, &sealed, due_at).await?;
        } else {
            store::delete_revocation(&mut *transaction, pending.user, pending.id).await?;
        }
        if pending.tries == 0 || due_at >= pending.ends_at {
            let kind = if due_at < pending.ends_at { "access_not_returned" } else { "access_never_returned" };
            let (user, connection) = (pending.user, Some(pending.connection));
            self.changed_within(&mut transaction, user, connection, &provider.id, kind, None).await?;
        }
        Ok(transaction.commit().await?)
    }

    fn seal_tokens(&self, provider: &Provider, pending: &Pending, tokens: &Tokens) -> Result<String, VaultError> {
        let text = |token: &Option<SecretString>| token.as_ref().map(|token| token.expose_secret().to_owned());
        let kept = Kept {
            access: text(&tokens.access),
            refresh: text(&tokens.refresh),
            second: text(&tokens.second),
            secret: text(&pending.secret),
        };
        let plain = serde_json::to_string(&kept).map_err(|_| VaultError::Malformed)?;
        self.seal(Column::Revocation, pending.id, pending.user, &provider.id, &plain.into())
    }
}
