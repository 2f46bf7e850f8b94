//! Which client a visit or a connection belongs to: this installation's, or an app that the person has registered.

use secrecy::SecretString;
use uuid::Uuid;

use super::{Error, Integrations, Purpose, Start};
use crate::{
    integrations::own_apps::store::{self, OwnAppRow},
    kit::id::{OwnAppId, UserId},
    platform::{
        config::Settings,
        crypto::{KeyRing, Keys, Place, Vault, VaultError},
        random::Random,
    },
    providers::{Provider, oauth::Client},
};

/// Why a connection by an own app needs its person: the service refuses the app's id or secret.
pub(in crate::integrations) const REFUSED: &str = "own_app_refused";
/// The same, where what was stored of the app could not be opened.
pub(in crate::integrations) const UNREADABLE: &str = "own_app_unreadable";

/// The same, where the app was given another client id than the connection was made with.
pub(in crate::integrations) const CHANGED: &str = "own_app_changed";

/// Under which the key for own apps is derived. Another label would open nothing that was stored.
const LABEL: &str = "own-app-credentials/v1";

/// What is sealed of an own app.
#[derive(Clone, Copy)]
pub(in crate::integrations) enum Column {
    ClientId,
    Secret,
}

/// The vault for own apps, apart from everything else that is sealed; none where the settings give it no secret.
pub fn own_app_vault(settings: &Settings, random: &Random) -> Option<Vault> {
    let keys: Vec<_> =
        settings.own_app_secrets.iter().map(|secret| Keys::new(secret.clone(), None).derive(LABEL)).collect();
    (!keys.is_empty()).then(|| Vault::new(KeyRing::derived(keys), random.clone()))
}

fn place(column: Column, row: OwnAppId, owner: UserId, provider: &str) -> Place<'_> {
    let column = match column {
        Column::ClientId => "sealed_client_id",
        Column::Secret => "sealed_secret",
    };
    Place { table: "own_apps", column, row: Uuid::from(row), owner: Uuid::from(owner), provider }
}

impl Integrations {
    /// The client for a visit or a connection: the person's own app where it is made with one, else this
    /// installation's.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub(in crate::integrations) async fn client_of(
        &self,
        provider: &Provider,
        owner: Option<UserId>,
        own_app: Option<OwnAppId>,
    ) -> Result<Client, Error> {
        match (own_app, owner) {
            (None, _) => self.client(provider).cloned(),
            (Some(_), None) => Err(Error::NotFound("app")),
            (Some(id), Some(owner)) => {
                let row = store::own_app_by_id(&self.db, owner, id).await?.ok_or(Error::NotFound("app"))?;
                self.open_own_app(owner, provider, &row)
            }
        }
    }

    /// The app that a visit of this purpose leaves with.
    pub(super) async fn own_app_for(
        &self,
        purpose: Purpose,
        provider: &Provider,
        person: Option<Start>,
    ) -> Result<Option<OwnAppId>, Error> {
        if purpose != Purpose::OwnApp {
            return Ok(None);
        }
        let person = person.ok_or(Error::NotFound("app"))?;
        let row = store::own_app(&self.db, person.user, &provider.id).await?;
        Ok(Some(row.ok_or(Error::NotFound("app"))?.id))
    }

    /// The vault for own apps.
    ///
    /// # Errors
    /// Where this installation has not set it up.
    pub(in crate::integrations) fn own_vault(&self) -> Result<&Vault, Error> {
        self.own_vault.as_ref().ok_or(Error::NoOwnApps)
    }

    pub(in crate::integrations) fn open_own_app(
        &self,
        owner: UserId,
        provider: &Provider,
        row: &OwnAppRow,
    ) -> Result<Client, Error> {
        let vault = self.own_vault()?;
        let open = |column, sealed: &str| -> Result<String, VaultError> {
            let plain = vault.open(&place(column, row.id, owner, &provider.id), sealed)?;
            String::from_utf8(plain.to_vec()).map_err(|_| VaultError::Malformed)
        };
        let secret = row.sealed_secret.as_deref().map(|sealed| open(Column::Secret, sealed)).transpose()?;
        Ok(Client { id: open(Column::ClientId, &row.sealed_client_id)?, secret: secret.map(SecretString::from) })
    }

    pub(in crate::integrations) fn seal_own_app(
        &self,
        column: Column,
        row: OwnAppId,
        owner: UserId,
        provider: &Provider,
        text: &str,
    ) -> Result<String, Error> {
        Ok(self.own_vault()?.seal(&place(column, row, owner, &provider.id), text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ow_01_the_key_for_own_apps_is_derived_as_it_always_was() {
        let key = Keys::new("a secret of this installation, long enough".to_owned().into(), None).derive(LABEL);
        assert_eq!(hex::encode(*key), "657f9ee8a25f6ea566bc17d1e510b2d892e91875b2963010eba6ac99ee0895ed");
    }
}
