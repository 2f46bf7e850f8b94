//! What a visit to a consent page ends with when it was to connect the account.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::{Error, Integrations, Purpose, Returned, Start, Visitor, sealed::Column, visit::Back};
use crate::{
    integrations::{
        model::ConnectionState,
        store::{self, NewConnection},
    },
    kit::id::{ConnectionId, UserId},
    platform::crypto::digest,
    providers::{Oauth, Provider, oauth::reply::TokenReply},
};

/// How a visit ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Where to go on, as it was chosen when the visit began.
    Connected { next: String },
    /// The person said no.
    Cancelled,
}

impl Integrations {
    /// Takes what came back from a consent page and connects the account.
    ///
    /// # Errors
    /// Says why nothing was connected.
    pub async fn finish(&self, start: Start, provider: &str, returned: Returned) -> Result<Arrival, Error> {
        let visitor = Visitor { person: Some(start), browser: None };
        let back = self.come_back(Purpose::Connect, provider, returned, visitor).await?;
        let Some(code) = back.code.clone() else {
            self.changed(start.user, None, &back.provider.id, "cancelled", None).await?;
            return Ok(Arrival::Cancelled);
        };
        // A browser that goes away must not leave a code half traded: the rest runs to its end.
        let (service, next) = (self.clone(), back.flow.next_path.clone());
        tokio::spawn(async move { service.connect(start, back, code).await }).await??;
        Ok(Arrival::Connected { next })
    }

    async fn connect(&self, start: Start, back: Back, code: SecretString) -> Result<ConnectionId, Error> {
        let provider = back.provider;
        let tokens = self.trade(Some(start), &back, &code).await?;
        let account = self
            .who_am_i(provider, &tokens.access)
            .await
            .map_err(|_| Error::Anonymous { service: provider.name.clone() })?;
        let new = self.granted(&back, account.id, account.label, &tokens)?;
        self.keep(start.user, provider, &new, &tokens).await
    }

    /// The account of a visit as it is stored, with what was granted.
    pub(super) fn granted(
        &self,
        back: &Back,
        id: String,
        label: String,
        tokens: &TokenReply,
    ) -> Result<Account, Error> {
        let scopes = tokens.scopes.clone().unwrap_or_else(|| back.flow.scopes.clone());
        let state = state_of(back.oauth, &scopes);
        let fingerprint = Some(digest(self.client(back.provider)?.id.as_bytes()));
        Ok(Account { id, label, scopes, state, fingerprint })
    }

    /// Stores tokens for an account, under the id that the connection has already where the account was connected
    /// before.
    pub(super) async fn keep(
        &self,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<ConnectionId, Error> {
        let mut transaction = self.db.begin().await?;
        let id = self.keep_within(&mut transaction, user, provider, account, tokens).await?;
        transaction.commit().await?;
        self.forget_pause(id);
        Ok(id)
    }

    /// The same in the caller's transaction, so that what is stored with it exists exactly when the connection does.
    /// After the commit the caller forgets the connection's pause.
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
            let now = self.clock.now();
            let known = store::connection_of_account(&mut *transaction, user, &provider.id, &account.id).await?;
            let id = known.unwrap_or_else(|| self.random.id(now));
            let access = self.seal_token(Column::Access, id, user, &provider.id, &tokens.access)?;
            let seal = |token: &SecretString| self.seal_token(Column::Refresh, id, user, &provider.id, token);
            let refresh = tokens.refresh.as_ref().map(seal).transpose()?;
            let new = NewConnection {
                id,
                user,
                provider: &provider.id,
                account_id: &account.id,
                account_label: &account.label,
                state: account.state.as_str(),
                scopes: &account.scopes,
                sealed_access_token: &access,
                sealed_refresh_token: refresh.as_deref(),
                access_expires_at: tokens.expires_at,
                client_fingerprint: account.fingerprint.as_ref().map(<[u8; 32]>::as_slice),
                now,
            };
            if store::upsert_connection(&mut *transaction, &new).await? {
                let kind = if known.is_some() { "reconnected" } else { "connected" };
                self.changed_within(transaction, user, Some(id), &provider.id, kind, None).await?;
                return Ok(id);
            }
        }
        Err(Error::NotFound("connection"))
    }
}

/// An account as it is about to be stored.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: ConnectionState,
    pub(super) fingerprint: Option<[u8; 32]>,
}

pub(super) fn state_of(oauth: &Oauth, granted: &[String]) -> ConnectionState {
    if oauth.scopes.iter().all(|scope| granted.contains(&scope.name)) {
        ConnectionState::Active
    } else {
        ConnectionState::Partial
    }
}
