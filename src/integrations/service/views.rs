//! What the pages and the chat may know of connections.

use super::{Error, Integrations};
use crate::{
    integrations::{
        model::{ConnectionState, ConnectionView, ConnectionsView, KeyFormView, ServiceView},
        store::{self, ConnectionRow},
        tools::{self, OfferedTool},
    },
    kit::id::UserId,
    providers::{Kind, Provider},
};

impl Integrations {
    /// All accounts that a person has connected.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn connections(&self, user: UserId) -> Result<Vec<ConnectionView>, Error> {
        let rows = store::connections(&self.db, user).await?;
        Ok(rows.iter().filter_map(|row| Some(view(self.catalogue.get(&row.provider)?, row))).collect())
    }

    /// Connections and catalogue, for the page.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn overview(&self, user: UserId) -> Result<ConnectionsView, Error> {
        let connections = self.connections(user).await?;
        let services = self.catalogue.services().map(|provider| {
            let connected = connections.iter().filter(|connection| connection.provider == provider.id).count();
            ServiceView { connected: u32::try_from(connected).unwrap_or(u32::MAX), ..self.service(provider) }
        });
        let services = services.collect();
        Ok(ConnectionsView { connections, services, now: Some(self.clock.now().into()) })
    }

    /// The catalogue, as anybody may see it.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceView> {
        self.catalogue.services().map(|provider| self.service(provider)).collect()
    }

    fn service(&self, provider: &Provider) -> ServiceView {
        ServiceView {
            id: provider.id.clone(),
            name: provider.name.clone(),
            category: provider.category.name().to_owned(),
            about: provider.about.clone(),
            key: provider.key.as_ref().and_then(|form| {
                let field = form.fields.first()?;
                let (label, hint) = (field.label.clone(), field.hint.clone());
                Some(KeyFormView { label, hint, page: form.page.url().to_string() })
            }),
            missing: self.missing(provider),
            connected: 0,
        }
    }

    /// The tools that a person's connections give at present. Those whose scopes were not granted are left out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tools(&self, user: UserId) -> Result<Vec<OfferedTool>, Error> {
        let rows = store::connections(&self.db, user).await?;
        let mut offered = Vec::new();
        for row in rows.iter().filter(|row| ConnectionState::parse(&row.state) != ConnectionState::NeedsReauth) {
            for tool in tools::all().iter().filter(|tool| tool.provider.id == row.provider) {
                if tool.entry.scopes.iter().all(|scope| row.scopes.contains(scope)) {
                    offered.push(OfferedTool {
                        tool,
                        connection: row.id,
                        service_name: tool.service(),
                        account_label: row.account_label.clone(),
                    });
                }
            }
        }
        Ok(offered)
    }
}

fn view(provider: &Provider, row: &ConnectionRow) -> ConnectionView {
    let state = ConnectionState::parse(&row.state);
    let asked = provider.scopes().iter().map(|scope| &scope.name);
    let trouble = match state {
        ConnectionState::Active => None,
        ConnectionState::Partial => {
            Some("Some of what Aura asked for was not granted, so some questions stay open.".into())
        }
        ConnectionState::NeedsReauth => Some(trouble(row.reason.as_deref(), &provider.name)),
    };
    ConnectionView {
        id: row.id,
        provider: provider.id.clone(),
        service_name: provider.name.clone(),
        account_label: row.account_label.clone(),
        state,
        trouble,
        missing_scopes: asked.filter(|scope| !row.scopes.contains(scope)).cloned().collect(),
        connected_at: row.created_at.into(),
        last_used_at: row.last_used_at.map(Into::into),
        revocable: provider.oauth.as_ref().is_some_and(|oauth| oauth.revoke.is_some()),
        by_key: provider.kind == Kind::Key,
        manage: provider.manage.url().to_string(),
    }
}

fn trouble(reason: Option<&str>, service: &str) -> String {
    match reason {
        Some("client_changed") => {
            format!("This installation changed its registration at {service}. Sign in again to go on.")
        }
        Some("lost_rotation") => {
            format!("The answer of {service} to the last renewal was lost. Sign in again to go on.")
        }
        Some("expired") => format!("The access to {service} has run out. Sign in again to go on."),
        Some("sealed_broken") => {
            "The stored access could not be opened, so it is not used any more. Sign in again to go on.".to_owned()
        }
        _ => format!("Access was withdrawn at {service}, so answers leave it out. Sign in again to go on."),
    }
}
