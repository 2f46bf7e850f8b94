//! What the pages and the chat may know of connections.

use super::{Agreement, Error, Integrations, disconnect, own_apps};
use crate::{
    integrations::{
        catalogue::model::ServiceView,
        model::{ConnectionState, ConnectionView, ConnectionsView, Permission},
        store::{self, ConnectionRow},
        tools::{self, ModelUse, OfferedTool},
    },
    kit::id::{ConnectionId, UserId},
    providers::{Provider, oauth::scopes},
};

/// What stands beside a connection that a smaller plan has no room for.
pub(super) const RESTS: &str =
    "Your plan has no room for it, so Aura reads nothing through it. Disconnect another, or choose a bigger plan";

impl Integrations {
    /// All accounts that a person has connected.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn connections(&self, user: UserId) -> Result<Vec<ConnectionView>, Error> {
        let rows = store::connections(&self.db, user).await?;
        let resting = self.resting(user, &rows).await?;
        let shown = rows.iter().filter_map(|row| {
            let mut view = view(self.catalogue.get(&row.provider)?, row);
            if resting.contains(&row.id) {
                view.resting = true;
                view.trouble.get_or_insert_with(|| RESTS.to_owned());
            }
            Some(view)
        });
        Ok(shown.collect())
    }

    /// Connections and catalogue, for the page. What the installation lacks is told to operators alone.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn overview(&self, user: UserId, operator: bool) -> Result<ConnectionsView, Error> {
        let connections = self.connections(user).await?;
        let services = if operator { self.services_for_operators() } else { self.services() };
        let services = services.into_iter().map(|service| {
            let connected = connections.iter().filter(|connection| connection.provider == service.id).count();
            ServiceView { connected: u32::try_from(connected).unwrap_or(u32::MAX), ..service }
        });
        let services = services.collect();
        Ok(ConnectionsView { connections, services, now: Some(self.clock.now().into()) })
    }

    /// The tools that a person's connections give at present. Those whose scopes were not granted are left out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tools(&self, user: UserId) -> Result<Vec<OfferedTool>, Error> {
        let rows = store::connections(&self.db, user).await?;
        let resting = self.resting(user, &rows).await?;
        let mut offered = Vec::new();
        let works = |row: &&ConnectionRow| {
            ConnectionState::parse(&row.state) != ConnectionState::NeedsReauth && !resting.contains(&row.id)
        };
        for row in rows.iter().filter(works) {
            for tool in tools::all().iter().filter(|tool| tool.provider.id == row.provider) {
                if tool.entry.is_open(&row.scopes) {
                    offered.push(OfferedTool {
                        tool,
                        connection: row.id,
                        service_name: tool.service(),
                        account_label: row.account_label.clone(),
                        model: if row.for_model { tool.model } else { ModelUse::Never },
                        agreed: self.agreement(row.for_model, row.agreed_vendor.as_deref()) == Agreement::Given,
                        last_used_at: row.last_used_at,
                    });
                }
            }
        }
        Ok(offered)
    }
}

pub(super) fn view(provider: &Provider, row: &ConnectionRow) -> ConnectionView {
    let state = ConnectionState::parse(&row.state);
    let missing = missing(provider, row);
    let trouble = match state {
        ConnectionState::Active => None,
        ConnectionState::Partial => Some(partial(provider, &missing)),
        ConnectionState::NeedsReauth => Some(trouble(row.reason.as_deref(), provider)),
    };
    ConnectionView {
        id: row.id,
        provider: provider.id.clone(),
        service_name: provider.name.clone(),
        account_label: row.account_label.clone(),
        state,
        trouble,
        resting: false,
        missing_scopes: missing,
        addable: addable(provider, row),
        connected_at: row.created_at.into(),
        last_used_at: row.last_used_at.map(Into::into),
        revocable: disconnect::can_be_given_back(provider),
        by_key: provider.has_form(),
        manage: provider.manage.url().to_string(),
    }
}

/// What was asked for and not granted; of connections from before that was noted, what the entry asks for.
fn missing(provider: &Provider, row: &ConnectionRow) -> Vec<String> {
    if row.asked_scopes.is_empty() {
        let asked: Vec<String> = provider.scopes().iter().map(|scope| scope.name.clone()).collect();
        return scopes::missing(&asked, &row.scopes);
    }
    scopes::missing(&row.asked_scopes, &row.scopes)
}

fn partial(provider: &Provider, missing: &[String]) -> String {
    let known = provider.oauth.iter().flat_map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes));
    let reasons: Vec<&str> =
        known.filter(|scope| missing.contains(&scope.name)).map(|scope| scope.reason.as_str()).collect();
    let last = reasons.split_last().filter(|(_, others)| !others.is_empty());
    let list = last.map_or_else(|| reasons.concat(), |(last, others)| format!("{} and {last}", others.join(", ")));
    if list.is_empty() {
        return "Some of what Aura asked for was not granted, so some questions stay open.".to_owned();
    }
    format!(
        "{} did not grant all that Aura asked for, so some questions stay open. Not granted: to {list}.",
        provider.name
    )
}

/// What the entry has for tools that are off until the person allows more.
fn addable(provider: &Provider, row: &ConnectionRow) -> Vec<Permission> {
    let further = provider.oauth.iter().flat_map(|oauth| &oauth.optional_scopes);
    let open = further.filter(|scope| !row.scopes.contains(&scope.name));
    open.map(|scope| Permission { name: scope.name.clone(), reason: scope.reason.clone() }).collect()
}

/// Where a connection is mended: by consent given anew under the same id, or by a key pasted anew.
pub(super) fn mending(provider: &Provider, id: ConnectionId, reason: Option<&str>) -> String {
    if matches!(reason, Some(own_apps::REFUSED | own_apps::UNREADABLE)) {
        format!("/connections/apps/{}", provider.id)
    } else if provider.has_form() {
        format!("/connections/add/{}?reconnect={id}", provider.id)
    } else {
        format!("/api/integrations/{}?reconnect={id}", provider.id)
    }
}

pub(super) fn trouble(reason: Option<&str>, provider: &Provider) -> String {
    let service = &provider.name;
    match reason {
        Some("sealed_broken") if provider.has_form() => {
            "What you pasted could not be opened any more, so it is not used. Paste it anew to go on.".to_owned()
        }
        _ if provider.session.is_some() && provider.has_form() => {
            format!(
                "{service} does not accept the name and password any more, so answers leave it out. Give them anew to go on."
            )
        }
        _ if provider.has_form() => {
            format!("{service} does not accept the key any more, so answers leave it out. Paste a new key to go on.")
        }
        Some(own_apps::REFUSED) => format!(
            "{service} does not accept the id or secret of your own app any more. Give it the right secret on the page of your app; then nobody has to sign in again."
        ),
        Some(own_apps::UNREADABLE) => {
            format!(
                "What was stored of your own {service} app could not be opened. Give it anew on the page of your app."
            )
        }
        Some(own_apps::CHANGED) => {
            format!("Your own {service} app has another client id now. Sign in again to go on by it.")
        }
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
