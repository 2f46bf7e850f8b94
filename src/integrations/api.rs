//! What the connections page asks of the server.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{ConnectionsView, Disconnected};
use crate::{error::AppError, kit::id::ConnectionId};

/// Connections and catalogue of the person who is signed in.
#[server(prefix = "/api", endpoint = "connections/overview", input = GetUrl)]
pub async fn overview() -> Result<ConnectionsView, AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Integrations>().overview(session.user).await.map_err(web::fail)
}

/// Ends a connection, and shows on the page what became of it.
#[server(prefix = "/api", endpoint = "connections/disconnect")]
pub async fn disconnect(connection: ConnectionId) -> Result<Disconnected, AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    let ended = expect_context::<Integrations>().disconnect(session.user, connection).await.map_err(web::fail)?;
    web::redirect(&format!("/connections?disconnected={}&verdict={}", ended.provider, ended.verdict.as_str()));
    Ok(ended)
}
