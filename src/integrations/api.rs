//! What the connections page asks of the server.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{ConnectionsView, Disconnected, Room};
use crate::{error::AppError, kit::id::ConnectionId};

/// Connections and catalogue of the person who is signed in.
#[server(prefix = "/api", endpoint = "connections/overview", input = GetUrl)]
pub async fn overview() -> Result<ConnectionsView, AppError> {
    use crate::{
        identity::{model::Role, session},
        integrations::Integrations,
        platform::web,
    };
    let session = session::require().map_err(web::fail)?;
    expect_context::<Integrations>().overview(session.user, session.role == Role::Admin).await.map_err(web::fail)
}

/// How many accounts the person has connected, and how many they may.
#[server(name = ReadRoom, prefix = "/api", endpoint = "connections/room", input = GetUrl)]
pub async fn room() -> Result<Room, AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Integrations>().room(session.user).await.map_err(web::fail)
}

/// Ends a connection, and shows on the page what became of it. `forget` removes what was read through it as well.
#[server(prefix = "/api", endpoint = "connections/disconnect")]
pub async fn disconnect(connection: ConnectionId, #[server(default)] forget: bool) -> Result<Disconnected, AppError> {
    use crate::{
        identity::session,
        integrations::{Integrations, Readings},
        platform::web,
    };
    let session = session::require().map_err(web::fail)?;
    let integrations = expect_context::<Integrations>();
    let ended = integrations.disconnect(session.user, connection, Readings::of(forget)).await.map_err(web::fail)?;
    web::redirect(&format!("/connections?disconnected={}&verdict={}", ended.provider, ended.verdict.as_str()));
    Ok(ended)
}
