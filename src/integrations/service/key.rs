//! Connecting by a key that the person pastes.

use secrecy::{ExposeSecret as _, SecretString};

use super::{Error, Integrations, connect::Account};
use crate::{
    integrations::{executor::Failure, model::ConnectionState},
    kit::id::{ConnectionId, UserId},
    providers::oauth::{errors::OauthError, reply::TokenReply},
};

impl Integrations {
    /// Proves the key at the service, in less than five seconds, and only then stores it.
    ///
    /// # Errors
    /// When it is no key, is not accepted, or cannot be proved at the moment.
    pub async fn add_key(&self, user: UserId, provider: &str, key: &SecretString) -> Result<ConnectionId, Error> {
        let provider = self.provider(provider)?;
        let field = provider.key.as_ref().and_then(|form| form.fields.first());
        let field = field.ok_or_else(|| Error::WrongKind(provider.name.clone()))?;
        let text = key.expose_secret().trim();
        let plausible = text.starts_with(&field.prefix)
            && (8..=512).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !plausible {
            return Err(Error::NotAKey { service: provider.name.clone(), hint: field.hint.clone() });
        }
        let key: SecretString = text.to_owned().into();
        let service = provider.name.clone();
        let account = self.who_am_i(provider, &key).await.map_err(|failure| match failure {
            Failure::Unauthorized | Failure::Forbidden => Error::BadKey { service },
            Failure::Limited(retry_after) => Error::Exchange { service, error: OauthError::Limited { retry_after } },
            _ => Error::Exchange { service, error: OauthError::Outage },
        })?;
        let new = Account {
            id: account.id,
            label: account.label,
            scopes: account.scopes.unwrap_or_default(),
            state: ConnectionState::Active,
            fingerprint: None,
        };
        let key = TokenReply { access: key, refresh: None, expires_at: None, scopes: None, id_token: None };
        self.keep(user, provider, &new, &key).await
    }
}
