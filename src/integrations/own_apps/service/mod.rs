//! The use-cases of own apps: giving one, having it looked at again, taking it away.

mod diagnosis;
mod given;
mod release;
mod show;

use serde_json::json;
use uuid::Uuid;

pub use given::{Given, Secret};
pub use release::{Released, Told};

use super::{
    model::Standing,
    store::{self, NewOwnApp, OwnAppRow},
};
use crate::{
    integrations::service::{
        Error, Integrations, Purpose, Readings,
        own_apps::{CHANGED, Column, REFUSED, UNREADABLE},
    },
    kit::id::{OwnAppId, UserId},
    platform::{audit, crypto::digest},
    providers::{
        AppFailure, Kind, Provider,
        oauth::{
            Client,
            probe::{self, Probe},
        },
    },
};

impl Integrations {
    /// The service, where people may bring apps to it and this installation keeps them.
    pub(super) fn own_app_provider(&self, id: &str) -> Result<&'static Provider, Error> {
        let provider = self.provider(id)?;
        let fits = provider.kind == Kind::Oauth2 && provider.oauth.is_some() && provider.connectable;
        fits.then_some(provider).ok_or(Error::NotFound("service"))
    }

    /// Looks at the service whether an app is right, then keeps it. One that the service does not know, or whose secret
    /// is wrong, is not kept; what can be mended at the service is, so that nobody types twice.
    ///
    /// # Errors
    /// When own apps are off here, what was typed is none, or the service refuses it.
    pub async fn keep_own_app(&self, user: UserId, service: &str, given: &Given) -> Result<(), Error> {
        let provider = self.own_app_provider(service)?;
        self.own_vault()?;
        self.limit_start(user).await?;
        let before = store::own_app(&self.db, user, &provider.id).await?;
        let known = match &before {
            // What cannot be opened any more is replaced by what was typed.
            Some(row) => self.open_own_app(user, provider, row).ok(),
            None => None,
        };
        let (client, name) = given.client(provider, known, before.as_ref().map(|row| row.name.as_str()))?;
        let look = self.look_at_app(provider, &client).await;
        if let Probe::Wrong(failure @ (AppFailure::WrongId | AppFailure::WrongSecret | AppFailure::Refused)) = look {
            return Err(self.app_error(provider, failure));
        }
        self.store_own_app(user, provider, before.as_ref(), &client, &name, look).await
    }

    /// Looks at the service once more, also by what is connected already.
    ///
    /// # Errors
    /// When there is no app, or it cannot be opened.
    pub async fn check_own_app(&self, user: UserId, service: &str) -> Result<(), Error> {
        let provider = self.own_app_provider(service)?;
        self.own_vault()?;
        self.limit_start(user).await?;
        let row = store::own_app(&self.db, user, &provider.id).await?.ok_or(Error::NotFound("app"))?;
        let client = self.open_own_app(user, provider, &row)?;
        let mut look = self.look_at_app(provider, &client).await;
        if look == Probe::Fine {
            look = self.look_through_connections(user, provider, &row).await?;
        }
        self.store_own_app(user, provider, Some(&row), &client, &row.name, look).await
    }

    /// Ends every connection by an app, each as disconnecting does, then takes the app away. How many they were.
    ///
    /// # Errors
    /// When there is no app, or the database is away.
    pub async fn remove_own_app(&self, user: UserId, service: &str) -> Result<usize, Error> {
        let provider = self.own_app_provider(service)?;
        let row = store::own_app(&self.db, user, &provider.id).await?.ok_or(Error::NotFound("app"))?;
        let connections = store::connections_by(&self.db, user, row.id).await?;
        let mut ended = 0;
        for connection in connections {
            match self.disconnect(user, connection.id, Readings::Keep).await {
                Ok(_) => ended += 1,
                // Somebody else has just ended it.
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut transaction = self.db.begin().await?;
        store::delete(&mut *transaction, user, row.id).await?;
        let (now, detail) = (self.clock.now(), json!({ "provider": provider.id }));
        audit::record(&mut transaction, &self.random, now, user, "own_app_removed", detail).await?;
        self.changed_within(&mut transaction, user, None, &provider.id, "own_app_removed", None).await?;
        transaction.commit().await?;
        Ok(ended)
    }

    async fn look_at_app(&self, provider: &Provider, client: &Client) -> Probe {
        let redirect = self.redirect_uri(Purpose::OwnApp, provider);
        probe::probe(&self.http, &self.random, provider, client, &redirect, self.clock.now()).await
    }

    async fn store_own_app(
        &self,
        user: UserId,
        provider: &Provider,
        before: Option<&OwnAppRow>,
        client: &Client,
        name: &str,
        look: Probe,
    ) -> Result<(), Error> {
        use secrecy::ExposeSecret as _;
        let now = self.clock.now();
        let id = before.map_or_else(|| self.random.id::<OwnAppId>(now), |row| row.id);
        let seal = |column, text: &str| self.seal_own_app(column, id, user, provider, text);
        let sealed_secret = match &client.secret {
            Some(secret) => Some(seal(Column::Secret, secret.expose_secret())?),
            None => None,
        };
        let (state, failure) = match look {
            Probe::Fine => (Standing::Ready, None),
            Probe::Wrong(failure) => (Standing::Refused, Some(failure)),
            Probe::Unknown => (Standing::Unchecked, None),
        };
        let fingerprint = digest(client.id.as_bytes());
        let new = NewOwnApp {
            id,
            user,
            provider: &provider.id,
            name,
            sealed_client_id: &seal(Column::ClientId, &client.id)?,
            sealed_secret: sealed_secret.as_deref(),
            client_hint: &given::hint(&client.id),
            client_fingerprint: &fingerprint,
            state: state.as_str(),
            failure: failure.map(AppFailure::as_str),
            checked_at: (look != Probe::Unknown).then_some(now),
            now,
        };
        let mut transaction = self.db.begin().await?;
        if !store::upsert(&mut *transaction, &new).await? {
            // Another tab has given one a moment before.
            return Err(Error::Busy);
        }
        if before.is_some_and(|row| row.client_fingerprint != fingerprint) {
            for id in store::end_by(&mut *transaction, user, id, &fingerprint, CHANGED, now).await? {
                let kind = "needs_reauth";
                self.changed_within(&mut transaction, user, Some(id), &provider.id, kind, Some(CHANGED)).await?;
            }
        }
        if state == Standing::Ready {
            let reasons = [REFUSED.to_owned(), UNREADABLE.to_owned()];
            for id in store::revive(&mut *transaction, user, id, &fingerprint, &reasons, now).await? {
                self.changed_within(&mut transaction, user, Some(id), &provider.id, "works_again", None).await?;
            }
        }
        let kept = before.is_none_or(|row| row.client_fingerprint != fingerprint);
        if kept {
            let detail = json!({ "provider": provider.id, "app": Uuid::from(id) });
            audit::record(&mut transaction, &self.random, now, user, "own_app_added", detail).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    pub(super) fn app_error(&self, provider: &Provider, failure: AppFailure) -> Error {
        Error::App {
            service: provider.name.clone(),
            failure,
            own: true,
            redirect: self.redirect_uri(Purpose::OwnApp, provider),
        }
    }
}
