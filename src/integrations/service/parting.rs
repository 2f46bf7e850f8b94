//! Giving access back where it is no OAuth 2: a token of OAuth 1 is deleted, a session is ended.

use std::time::Duration;

use http::Method;

use super::{Integrations, signed_visit::TOKEN_SECRET};
use crate::{
    integrations::executor::{Body, Failure, Outgoing},
    providers::{Credential, Provider, oauth1::Token, session::login::Login},
};

/// Whether the service offers a call by which access is given back.
pub(super) fn is_offered(provider: &Provider) -> bool {
    let by_token = provider.oauth1.as_ref().is_some_and(|entry| entry.revoke.is_some());
    let login = provider.session.as_ref().and_then(Login::of);
    by_token || login.is_some_and(|login| login.logout.is_some())
}

impl Integrations {
    /// Ends the access behind a credential that belongs to no connection any more. False where that could not be done.
    pub(super) async fn part(&self, provider: &Provider, credential: &Credential) -> bool {
        match (&provider.oauth1, self.client(provider)) {
            (Some(entry), Ok(client)) => {
                let Some(secret) = credential.fields.get(TOKEN_SECRET) else { return false };
                let lasting = Token { token: credential.token.clone(), secret: secret.clone() };
                self.desk(entry, client).revoke(&lasting).await.unwrap_or(false)
            }
            (Some(_), Err(_)) => false,
            (None, _) => self.log_out(provider, credential).await,
        }
    }

    /// True where the session is over, also because it was before.
    async fn log_out(&self, provider: &Provider, credential: &Credential) -> bool {
        let login = provider.session.as_ref().and_then(Login::of);
        let Some(address) = login.and_then(|login| login.logout) else { return false };
        let outgoing = Outgoing {
            base: Some(address.url().clone()),
            body: Body::Json(serde_json::json!({})),
            deadline: Duration::from_secs(10),
            ..Outgoing::with(Method::POST)
        };
        match self.line(provider, credential).ask(outgoing).await {
            Ok(_) | Err(Failure::Unauthorized) => true,
            Err(failure) => {
                let service = &provider.id;
                tracing::warn!(%service, ?failure, "a session could not be ended at the service");
                false
            }
        }
    }
}
