use secrecy::SecretString;
use sqlx::PgConnection;
use time::Duration;

use super::{
    TokenError,
    schedule::{self, Rights},
};
use crate::{
    integrations::{
        service::{
            Error, Integrations,
            keep::{granted, state_of},
            own_apps,
            sealed::Column,
        },
        store::{self, ConnectionRow, Lease, Renewed},
    },
    kit::id::{ConnectionId, UserId},
    platform::{crypto::digest, telemetry},
    providers::{
        Oauth, Provider,
        oauth::{errors::OauthError, refresh, reply::TokenReply, revoke},
    },
};

/// How long nobody asks a service that does not accept this installation's client.
const CLIENT_REST: Duration = Duration::minutes(1);

/// The right to renew a connection's tokens, in hand.
pub(super) struct Held {
    pub(super) user: UserId,
    pub(super) provider: &'static Provider,
    pub(super) oauth: &'static Oauth,
    pub(super) lease: Lease,
    /// Whether somebody waits for it.
    pub(super) wanted: bool,
}

impl Integrations {
    /// Asks the service for new tokens and saves them. One request; a second one only where its answer was lost and
    /// the service still takes a token that may be spent.
    pub(super) async fn renew(&self, held: &Held, row: &ConnectionRow) -> Result<(), TokenError> {
        let Held { user, provider, oauth, lease, .. } = *held;
        let client = match self.client_of(provider, Some(user), row.own_app).await {
            Ok(client) => client,
            Err(Error::Vault(error)) => {
                telemetry::report(&error, "the secret of a person's own app did not open");
                return self.lost(held, row.id, own_apps::UNREADABLE).await;
            }
            Err(_) => return self.postpone(held, row.id, OauthError::ClientWrong, None).await,
        };
        let ours = digest(client.id.as_bytes());
        if row.client_fingerprint.as_ref().is_some_and(|print| print.as_slice() != ours) {
            return self.lost(held, row.id, "client_changed").await;
        }
        let sealed = row.sealed_refresh_token.as_deref().unwrap_or_default();
        let token = match self.open_token(Column::Refresh, row.id, user, &provider.id, sealed) {
            Ok(token) => token,
            Err(error) => {
                telemetry::report(&error, "a stored refresh token did not open");
                return self.lost(held, row.id, "sealed_broken").await;
            }
        };
        let ask = || refresh::refresh(&self.http, oauth, &client, &row.blanks.0, &token, self.clock.now());
        let mut reply = ask().await;
        if matches!(reply, Err(OauthError::NoReply)) && oauth.rotation.may_retry() {
            reply = ask().await;
        }
        match reply {
            Ok(tokens) => self.save(held, row, &ours, tokens).await,
            Err(OauthError::InvalidGrant | OauthError::AccessDenied) => {
                let reason = if lease.maybe_spent { "lost_rotation" } else { "revoked" };
                self.lost(held, row.id, reason).await
            }
            // The person's own client, so the person can mend it, and nobody else.
            Err(OauthError::ClientWrong) if row.own_app.is_some() => self.lost(held, row.id, own_apps::REFUSED).await,
            Err(error) => self.postpone(held, row.id, error, Some(&ours)).await,
        }
    }

    async fn save(
        &self,
        held: &Held,
        row: &ConnectionRow,
        client: &[u8; 32],
        tokens: TokenReply,
    ) -> Result<(), TokenError> {
        let Held { user, provider, oauth, lease, wanted } = *held;
        let (id, now) = (row.id, self.clock.now());
        let access = self.seal_token(Column::Access, id, user, &provider.id, &tokens.access)?;
        let seal = |token: &SecretString| self.seal_token(Column::Refresh, id, user, &provider.id, token);
        let refresh = tokens.refresh.as_ref().map(seal).transpose()?;
        let told = tokens.scopes.as_deref();
        let scopes = told.map(|told| granted(&row.asked_scopes, Some(told), true));
        let rights = Rights {
            access_expires_at: tokens.expires_at,
            refresh_expires_at: tokens.refresh_expires_at,
            first: false,
            attended: wanted || schedule::is_attended(row, now),
        };
        let new = Renewed {
            sealed_access_token: &access,
            sealed_refresh_token: refresh.as_deref(),
            access_expires_at: tokens.expires_at,
            refresh_expires_at: tokens.refresh_expires_at,
            refresh_due_at: schedule::due(id, rights, now),
            scopes: scopes.as_deref(),
            state: state_of(oauth, &row.asked_scopes, scopes.as_ref().unwrap_or(&row.scopes)).as_str(),
            now,
        };
        let mut transaction = self.db.begin().await?;
        if store::save(&mut *transaction, user, id, lease, &new).await? {
            self.changed_within(&mut transaction, user, Some(id), &provider.id, "renewed", None).await?;
            transaction.commit().await?;
            self.client_accepted(provider, client).await;
            return Ok(());
        }
        drop(transaction);
        if store::connection(&self.db, user, id).await?.is_some() {
            return Ok(());
        }
        // It was disconnected meanwhile, with the tokens of before: what has just been handed out must not live on.
        let tokens = revoke::Tokens { access: Some(tokens.access), refresh: tokens.refresh, second: None };
        self.give_back(user, provider, row, tokens).await;
        Err(TokenError::NotConnected)
    }

    /// The grant is dead, unless somebody has stored other tokens meanwhile: the caller reads the row again.
    async fn lost(&self, held: &Held, id: ConnectionId, reason: &str) -> Result<(), TokenError> {
        let Held { user, provider, lease, .. } = *held;
        let mut transaction = self.db.begin().await?;
        if store::give_up(&mut *transaction, user, id, lease, reason, self.clock.now()).await? {
            self.broken(&mut transaction, user, id, provider, reason).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The grant stays, and the service is left alone: each time twice as long up to five minutes, or as long as it
    /// asks. `client` is this installation's at the service.
    async fn postpone(
        &self,
        held: &Held,
        id: ConnectionId,
        error: OauthError,
        client: Option<&[u8; 32]>,
    ) -> Result<(), TokenError> {
        let Held { user, provider, lease, .. } = *held;
        let now = self.clock.now();
        let failures = store::failures(&self.db, user, id).await?.saturating_add(1);
        let rest = match error {
            OauthError::Limited { retry_after } => Duration::seconds(i64::from(retry_after.clamp(1, 3_600))),
            OauthError::ClientWrong => CLIENT_REST,
            _ => schedule::rest(failures, self.random.below(1_000)),
        };
        // What came back instead of tokens may have cost the token all the same.
        let unknown =
            matches!(error, OauthError::NoReply | OauthError::Malformed | OauthError::TooLarge | OauthError::Elsewhere);
        store::postpone(&self.db, user, id, lease, unknown, now, now + rest).await?;
        Err(match error {
            OauthError::Limited { retry_after } => TokenError::Limited(provider, retry_after),
            OauthError::ClientWrong => {
                if let Some(client) = client {
                    self.client_refused(provider, client).await?;
                }
                TokenError::ClientRefused(provider)
            }
            error => {
                if !error.passes() {
                    telemetry::report(&error, "a renewal was refused for a reason that the person cannot mend");
                }
                TokenError::Away(provider)
            }
        })
    }

    /// Notes that a connection no longer works, and tells its owner: once, because only its end gets here.
    pub(super) async fn broken(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        id: ConnectionId,
        provider: &Provider,
        reason: &str,
    ) -> Result<(), TokenError> {
        self.changed_within(transaction, user, Some(id), &provider.id, "needs_reauth", Some(reason)).await?;
        let link = format!("/connections/{id}");
        Ok(self.notifications.connection_broken(transaction, user, &provider.name, &link).await?)
    }
}
