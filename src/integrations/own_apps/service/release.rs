//! What programs are told of connections, and tokens that leave.

use secrecy::SecretString;
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    integrations::{
        model::ConnectionState,
        service::{Error, Integrations, no_token},
        store::{self as connections, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
    platform::audit,
};

/// A connection as programs are told of it.
pub struct Told {
    pub id: ConnectionId,
    pub own_app: bool,
    pub account: String,
    pub state: ConnectionState,
    pub reason: Option<String>,
    pub scopes: Vec<String>,
    pub expires_at: Option<OffsetDateTime>,
}

impl Told {
    /// Whether it can be used.
    #[must_use]
    pub fn works(&self) -> bool {
        self.state != ConnectionState::NeedsReauth
    }
}

/// A token that leaves.
pub struct Released {
    pub connection: ConnectionId,
    pub token: SecretString,
    pub expires_at: Option<OffsetDateTime>,
}

impl Integrations {
    /// A person's connections to a service, each renewed first where its token is about to end.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn told(&self, user: UserId, service: &str) -> Result<Vec<Told>, Error> {
        let provider = self.provider(service)?;
        for row in self.rows(user, &provider.id).await? {
            if ConnectionState::parse(&row.state) != ConnectionState::NeedsReauth {
                // What comes of it stands in the row.
                let _renewed_or_not = self.access(user, row.id, None).await;
            }
        }
        let told = |row: ConnectionRow| Told {
            id: row.id,
            own_app: row.own_app.is_some(),
            account: row.account_label,
            state: ConnectionState::parse(&row.state),
            reason: row.reason,
            scopes: row.scopes,
            expires_at: row.access_expires_at,
        };
        Ok(self.rows(user, &provider.id).await?.into_iter().map(told).collect())
    }

    pub(in crate::integrations) async fn rows(
        &self,
        user: UserId,
        provider: &str,
    ) -> Result<Vec<ConnectionRow>, Error> {
        let mut rows = connections::connections(&self.db, user).await?;
        rows.retain(|row| row.provider == provider);
        // What a person brought themselves is what they want used.
        rows.sort_by_key(|row| row.own_app.is_none());
        Ok(rows)
    }

    /// Lets an access token out of a connection, with a line in the account's log. `whom` says to whom, in a word.
    ///
    /// # Errors
    /// When there is no such connection, it needs its person, or its service is away.
    pub async fn release(
        &self,
        user: UserId,
        service: &str,
        connection: Option<ConnectionId>,
        whom: &str,
    ) -> Result<Released, Error> {
        let provider = self.provider(service)?;
        let rows = self.rows(user, &provider.id).await?;
        let usable = |row: &&ConnectionRow| match connection {
            Some(id) => row.id == id,
            None => ConnectionState::parse(&row.state) != ConnectionState::NeedsReauth,
        };
        let row = rows.iter().find(usable).or(rows.first().filter(|_| connection.is_none()));
        let id = row.ok_or_else(|| Error::NotConnected { service: provider.name.clone() })?.id;
        let access = self.access(user, id, None).await.map_err(no_token)?;
        let expires_at = connections::connection(&self.db, user, id).await?.and_then(|row| row.access_expires_at);
        let mut transaction = self.db.begin().await?;
        let detail = json!({ "provider": provider.id, "connection": id, "to": whom });
        let now = self.clock.now();
        audit::record(&mut transaction, &self.random, now, user, "provider_token_released", detail).await?;
        self.changed_within(&mut transaction, user, Some(id), &provider.id, "token_released", Some(whom)).await?;
        transaction.commit().await?;
        Ok(Released { connection: id, token: access.credential.token, expires_at })
    }
}
