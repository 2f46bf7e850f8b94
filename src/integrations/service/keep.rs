//! Stores what a finished consent or an accepted key has brought.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Error, Integrations, sealed::Column};
use crate::{
    integrations::{
        model::ConnectionState,
        store::{self, NewConnection},
    },
    kit::id::{ConnectionId, OwnAppId, UserId},
    platform::db::Constraint as _,
    providers::{
        Blanks, Oauth, Provider,
        oauth::{reply::TokenReply, scopes},
    },
};

/// An account as it is about to be stored.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) label: String,
    /// What was asked for.
    pub(super) asked: Vec<String>,
    /// What was granted.
    pub(super) scopes: Vec<String>,
    pub(super) state: ConnectionState,
    pub(super) fingerprint: Option<[u8; 32]>,
    /// The person's own app that it is connected by.
    pub(super) own_app: Option<OwnAppId>,
    /// What fills the blanks of the service's addresses.
    pub(super) blanks: Blanks,
    /// The secrets beside the token.
    pub(super) fields: BTreeMap<String, SecretString>,
    /// When consent must be given anew, however often it is renewed.
    pub(super) consent_expires_at: Option<OffsetDateTime>,
}

/// Under which id it is stored.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// That of the connection to this account, or a new one.
    OfItsAccount,
    /// That of a connection to another account, which this one takes the place of.
    Instead(ConnectionId),
}

impl Integrations {
    /// Stores tokens for an account, under the id that the connection has already where the account was connected
    /// before.
    pub(super) async fn keep(
        &self,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<ConnectionId, Error> {
        self.keep_at(Place::OfItsAccount, user, provider, account, tokens).await
    }

    pub(super) async fn keep_at(
        &self,
        place: Place,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<ConnectionId, Error> {
        let mut transaction = self.db.begin().await?;
        let id = match place {
            Place::OfItsAccount => {
                let own_app = account.own_app;
                let known =
                    store::connection_of_account(&mut *transaction, user, &provider.id, &account.id, own_app).await?;
                if known.is_none() {
                    self.take_room(&mut transaction, user).await?;
                }
                self.keep_within(&mut transaction, user, provider, account, tokens).await?
            }
            Place::Instead(id) => self.replace(&mut transaction, id, user, provider, account, tokens).await?,
        };
        transaction.commit().await?;
        Ok(id)
    }

    /// The same in the caller's transaction, and beyond the plan's room, for who comes in with it must not be kept out:
    /// so that what is stored with it exists exactly when the connection does.
    pub(super) async fn keep_within(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<ConnectionId, Error> {
        // Two tabs may connect the same account at once: the second finds the row of the first in the second turn.
        for _ in 0..3 {
            let own_app = account.own_app;
            let known =
                store::connection_of_account(&mut *transaction, user, &provider.id, &account.id, own_app).await?;
            let id = known.unwrap_or_else(|| self.random.id(self.clock.now()));
            let sealed = self.sealed_all(id, user, provider, account, tokens)?;
            if store::upsert_connection(&mut *transaction, &self.row(id, user, provider, account, tokens, &sealed))
                .await?
            {
                let kind = if known.is_some() { "reconnected" } else { "connected" };
                self.plan_renewal(transaction, user, id, tokens).await?;
                self.changed_within(transaction, user, Some(id), &provider.id, kind, None).await?;
                return Ok(id);
            }
        }
        Err(Error::NotFound("connection"))
    }

    async fn replace(
        &self,
        transaction: &mut PgConnection,
        id: ConnectionId,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<ConnectionId, Error> {
        let sealed = self.sealed_all(id, user, provider, account, tokens)?;
        let row = self.row(id, user, provider, account, tokens, &sealed);
        let done = store::replace_account(&mut *transaction, &row).await;
        let taken = || Error::AlreadyConnected { service: provider.name.clone(), account: account.label.clone() };
        if !done.on_constraint("connections_account_key", taken)? {
            return Err(Error::NotFound("connection"));
        }
        self.plan_renewal(transaction, user, id, tokens).await?;
        self.changed_within(transaction, user, Some(id), &provider.id, "account_replaced", None).await?;
        Ok(id)
    }

    fn sealed_all(
        &self,
        id: ConnectionId,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<Sealed, Error> {
        let seal = |column, secret: &SecretString| self.seal_token(column, id, user, &provider.id, secret);
        let fields = written(&account.fields);
        Ok(Sealed {
            access: seal(Column::Access, &tokens.access)?,
            refresh: tokens.refresh.as_ref().map(|token| seal(Column::Refresh, token)).transpose()?,
            fields: fields.map(|fields| seal(Column::Fields, &fields)).transpose()?,
        })
    }

    fn row<'a>(
        &self,
        id: ConnectionId,
        user: UserId,
        provider: &'a Provider,
        account: &'a Account,
        tokens: &TokenReply,
        sealed: &'a Sealed,
    ) -> NewConnection<'a> {
        NewConnection {
            id,
            user,
            provider: &provider.id,
            account_id: &account.id,
            account_label: &account.label,
            state: account.state.as_str(),
            scopes: &account.scopes,
            asked_scopes: &account.asked,
            sealed_access_token: &sealed.access,
            sealed_refresh_token: sealed.refresh.as_deref(),
            sealed_fields: sealed.fields.as_deref(),
            blanks: &account.blanks,
            access_expires_at: tokens.expires_at,
            refresh_expires_at: tokens.refresh_expires_at.filter(|_| tokens.refresh.is_some()),
            consent_expires_at: account.consent_expires_at,
            client_fingerprint: account.fingerprint.as_ref().map(<[u8; 32]>::as_slice),
            own_app: account.own_app,
            now: self.clock.now(),
        }
    }
}

struct Sealed {
    access: String,
    refresh: Option<String>,
    fields: Option<String>,
}

/// Secrets by name as one JSON object; none where there are none.
pub(super) fn written(fields: &BTreeMap<String, SecretString>) -> Option<SecretString> {
    let exposed = fields.iter().map(|(name, secret)| (name.clone(), secret.expose_secret().into()));
    (!fields.is_empty()).then(|| serde_json::Value::Object(exposed.collect()).to_string().into())
}

/// What was granted, in the words in which it was asked for: what the reply tells, or all of it where it tells nothing.
pub(super) fn granted(asked: &[String], told: Option<&[String]>, refreshable: bool) -> Vec<String> {
    told.map_or_else(|| asked.to_vec(), |told| scopes::granted(asked, told, refreshable))
}

/// Whether everything that was asked for was granted. Of connections from before it was noted what that was, it is
/// what the entry asks for.
pub(super) fn state_of(oauth: &Oauth, asked: &[String], granted: &[String]) -> ConnectionState {
    let lacking =
        if asked.is_empty() { scopes::missing(&oauth.scope_names(), granted) } else { scopes::missing(asked, granted) };
    if lacking.is_empty() { ConnectionState::Active } else { ConnectionState::Partial }
}
