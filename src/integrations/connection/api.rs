//! What the page of one connection asks of the server.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::ConnectionPageView;
use crate::{error::AppError, kit::id::ConnectionId};

/// One connection, with its log from before an entry on.
#[server(name = ReadConnection, prefix = "/api", endpoint = "connections/one", input = GetUrl)]
pub async fn one_connection(
    #[server(default)] id: String,
    #[server(default)] before: String,
) -> Result<ConnectionPageView, AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    let id = id.parse().map_err(|_| web::fail(AppError::not_found("connection")))?;
    expect_context::<Integrations>().connection_page(&session, id, before.parse().ok()).await.map_err(web::fail)
}

/// Takes back a yes that was given in advance.
#[server(prefix = "/api", endpoint = "connections/ask-again")]
pub async fn ask_again(connection: ConnectionId, tool: String) -> Result<(), AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Integrations>().ask_again(session.user, connection, &tool).await.map_err(web::fail)?;
    web::redirect(&format!("/connections/{connection}"));
    Ok(())
}

/// Says whether what is read through a connection may be sent to a model.
#[server(prefix = "/api", endpoint = "connections/let-models-see")]
pub async fn let_models_see(connection: ConnectionId, #[server(default)] may: bool) -> Result<(), AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Integrations>().let_models_see(session.user, connection, may).await.map_err(web::fail)?;
    web::redirect(&format!("/connections/{connection}"));
    Ok(())
}
