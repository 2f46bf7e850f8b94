//! `/api/integrations/{service}/key`: connecting by what a person pasted, for programs and for pages of ours.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    identity::{bearer::Scope, caller::Caller},
    integrations::{
        connection::v1::Connection,
        service::{
            Integrations,
            forms::{Pasting, Typed},
        },
    },
    kit::id::ConnectionId,
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What browsers use with their cookie and programs with a token.
pub fn routes(integrations: Integrations) -> Routes {
    Routes::new().documented(OpenApiRouter::default().routes(routes!(connect))).with_state(integrations)
}

/// What a person has pasted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastedFields {
    /// By the names of the service's fields; most have the one field `key`.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"key": "…"}))]
    fields: BTreeMap<String, SecretString>,
    /// The connection that gets it, in the place of a new one.
    #[serde(default)]
    reconnect: Option<ConnectionId>,
    /// Whether that connection may become one to another account.
    #[serde(default)]
    instead: bool,
}

/// Connects an account by a key
///
/// For services that have no sign-in: a key, a password or a token that the person has made there. The service is asked
/// at once whether it takes it; what is refused is not stored. A key of Aura needs `connections:write`.
#[utoipa::path(
    post,
    path = "/api/integrations/{id}/key",
    operation_id = "connect_by_key",
    tag = "connections",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The service's id.")),
    request_body = PastedFields,
    responses((status = 200, body = Connection), Refused)
)]
async fn connect(
    State(integrations): State<Integrations>,
    caller: Caller,
    Path(id): Path<String>,
    Body(pasted): Body<PastedFields>,
) -> Result<Json<Connection>, Refusal> {
    caller.allow(Scope::ConnectionsWrite)?;
    integrations.limit_start(caller.user()).await?;
    let PastedFields { fields, reconnect, instead } = pasted;
    let typed: Typed = fields;
    let connection = integrations.add_by_form(caller.user(), &id, &typed, Pasting { reconnect, instead }).await?;
    Ok(Json(integrations.known(caller.user(), connection).await?.into()))
}
