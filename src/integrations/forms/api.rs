//! What the form asks of the server.

use std::collections::BTreeMap;

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::FormView;
use crate::{
    error::AppError,
    kit::id::{ConnectionId, ConversationId},
};

/// The form of a service, with what was typed into it before a refusal.
#[server(prefix = "/api", endpoint = "connections/form", input = GetUrl)]
pub async fn form(service: String, reconnect: Option<ConnectionId>) -> Result<FormView, AppError> {
    use crate::{identity::session, integrations::Integrations, platform::web};
    let session = session::require().map_err(web::fail)?;
    let form = expect_context::<Integrations>().form(session.user, &service, reconnect).await.map_err(web::fail)?;
    Ok(form.with(web::typed))
}

/// Proves what was pasted and connects the account. `fields` are those of the form; `reconnect` is the connection that
/// gets it, `instead` says that it may be of another account, `chat` is the conversation that it leads back to.
#[server(prefix = "/api", endpoint = "connections/add")]
pub async fn add_account(
    service: String,
    #[server(default)] fields: BTreeMap<String, String>,
    #[server(default)] reconnect: Option<ConnectionId>,
    #[server(default)] instead: bool,
    #[server(default)] chat: Option<ConversationId>,
) -> Result<(), AppError> {
    use super::visit;
    use crate::{
        identity::session,
        integrations::{Integrations, service::forms::Pasting},
        platform::web,
    };
    let session = session::require().map_err(web::fail)?;
    let pasting = Pasting { reconnect, instead };
    let added = visit::add(&expect_context::<Integrations>(), session.user, &service, fields, pasting).await;
    added.map_err(web::fail)?;
    let connections = || format!("/connections?connected={service}");
    web::redirect(&chat.map_or_else(connections, |id| format!("/chat/{id}")));
    Ok(())
}
