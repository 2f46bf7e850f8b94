//! What an app lacks shows itself only once somebody has consented: the service then refuses calls made with its token.

use super::super::{
    model::Standing,
    store::{self, OwnAppRow},
};
use crate::{
    integrations::{
        executor::Failure,
        model::ConnectionState,
        service::{Error, Integrations, Purpose},
    },
    kit::id::{OwnAppId, UserId},
    providers::{
        AppFailure, Credential, Provider,
        oauth::probe::{self, Probe},
    },
};

impl Integrations {
    /// Why a service did not say whose account it is: because of the app, where its answer says so.
    pub(in crate::integrations) async fn why_anonymous(
        &self,
        user: UserId,
        provider: &Provider,
        own_app: Option<OwnAppId>,
        credential: &Credential,
        failure: &Failure,
    ) -> Error {
        let anonymous = Error::Anonymous { service: provider.name.clone() };
        if !matches!(failure, Failure::Forbidden | Failure::Limited(_)) {
            return anonymous;
        }
        let Some(failure) = self.words_of_refusal(provider, credential).await else { return anonymous };
        if let Some(id) = own_app {
            let (state, now) = (Standing::Refused.as_str(), self.clock.now());
            if let Err(error) = store::note_check(&self.db, user, id, state, Some(failure.as_str()), now).await {
                return error.into();
            }
        }
        let redirect = self.redirect_uri(Purpose::OwnApp, provider);
        Error::App { service: provider.name.clone(), failure, own: own_app.is_some(), redirect }
    }

    /// The same call once more, for the words of the refusal.
    async fn words_of_refusal(&self, provider: &Provider, credential: &Credential) -> Option<AppFailure> {
        provider.own_app.as_ref()?;
        probe::told(provider, &self.profile_as_it_came(provider, credential).await?)
    }

    /// What the accounts that are connected by an app show of it.
    pub(super) async fn look_through_connections(
        &self,
        user: UserId,
        provider: &Provider,
        app: &OwnAppRow,
    ) -> Result<Probe, Error> {
        for connection in store::connections_by(&self.db, user, app.id).await? {
            match ConnectionState::parse(&connection.state) {
                ConnectionState::NeedsReauth => continue,
                ConnectionState::Partial => return Ok(Probe::Wrong(AppFailure::MissingScope)),
                _ => {}
            }
            // A token that cannot be had at the moment says nothing of the app.
            let Ok(access) = self.access(user, connection.id, None).await else { continue };
            if let Some(failure) = self.words_of_refusal(provider, &access.credential).await {
                return Ok(Probe::Wrong(failure));
            }
        }
        Ok(Probe::Fine)
    }
}
