//! What a person is shown of their app.

use super::super::{
    model::{AppView, OwnAppsView, Standing},
    store::{self, OwnAppRow},
    words,
};
use crate::{
    identity::moment,
    integrations::service::{Error, Integrations, Purpose},
    kit::id::UserId,
    providers::{AppFailure, Provider, redirect_address},
};

impl Integrations {
    /// For the page about an own app.
    ///
    /// # Errors
    /// When nobody can bring an app to this service, or the database is away.
    pub async fn own_app_view(&self, user: UserId, zone: &str, service: &str) -> Result<OwnAppsView, Error> {
        let provider = self.own_app_provider(service)?;
        let redirect = self.redirect_uri(Purpose::OwnApp, provider);
        let own = provider.own_app.as_ref();
        let app = match store::own_app(&self.db, user, &provider.id).await? {
            Some(row) => {
                let connections = store::connections_by(&self.db, user, row.id).await?.len();
                Some(self.app_view(provider, &row, connections, zone, &redirect))
            }
            None => None,
        };
        Ok(OwnAppsView {
            service: provider.id.clone(),
            service_name: provider.name.clone(),
            off: self.own_vault().is_err().then(|| words::OFF.to_owned()),
            redirect_trouble: own.and_then(|_| redirect_address::objection(&redirect)).map(|fault| fault.to_string()),
            page: own.map(|own| own.page.url().to_string()),
            docs: provider.docs.url().to_string(),
            hint: own.map(|own| own.hint.clone()).unwrap_or_default(),
            notes: own.map(|own| own.notes.clone()).unwrap_or_default(),
            scopes: provider.scopes().iter().map(|scope| (scope.name.clone(), scope.reason.clone())).collect(),
            redirect,
            app,
            said: None,
            typed_name: String::new(),
            typed_id: String::new(),
        })
    }

    fn app_view(
        &self,
        provider: &Provider,
        row: &OwnAppRow,
        connections: usize,
        zone: &str,
        redirect: &str,
    ) -> AppView {
        let failure = row.failure.as_deref().and_then(AppFailure::parse);
        AppView {
            name: row.name.clone(),
            client_hint: row.client_hint.clone(),
            has_secret: row.sealed_secret.is_some(),
            state: Standing::parse(&row.state),
            trouble: failure.map(|failure| words::sentence(failure, &provider.name, true, redirect)),
            checked: row.checked_at.map(|at| moment::ago(at, self.clock.now(), zone)),
            connections,
        }
    }
}
