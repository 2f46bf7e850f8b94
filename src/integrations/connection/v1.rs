use std::borrow::Cow;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::model::ModelChoice;
use crate::{
    identity::bearer::{Principal, Scope},
    integrations::{
        model::{ConnectionState, Verdict},
        service::{Agreed, Happening, Integrations, Known, Readings},
    },
    kit::id::ConnectionId,
    platform::{
        api::{Body, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use.
pub fn routes(integrations: Integrations) -> Routes {
    let documented = OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(show, change, disconnect))
        .routes(routes!(events));
    Routes::new().documented(documented).with_state(integrations)
}

macro_rules! words {
    ($kind:ident, $described:literal, [$($word:literal),*]) => {
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($described))
                    .enum_values(Some([$($word),*]));
                object.into()
            }
        }

        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                stringify!($kind).into()
            }
        }
    };
}

words!(
    ConnectionState,
    "How a connection fares. `partial`: some of what was asked for was not granted. `needs_reauth`: nothing can be read until the person has signed in at the service again.",
    ["active", "partial", "needs_reauth"]
);
words!(
    ModelChoice,
    "Whether what is read may be sent to a language model. `unasked`: its owner has not said anything of the present operator of the model, and is asked before anything goes there. `withheld`: its owner does not want it. `forbidden`: the service does not let it be.",
    ["allowed", "unasked", "withheld", "forbidden"]
);
words!(
    Verdict,
    "What became of the access at the service. `unsupported`: it offers no call for it, so remove Aura there. `failed`: it did not confirm; where it has a call for it, Aura tries again for a day.",
    ["revoked", "unsupported", "failed"]
);

/// What somebody has agreed to.
#[derive(Serialize, ToSchema)]
pub struct ModelAgreement {
    /// The operator of the model.
    vendor: String,
    model: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// A connected account.
#[derive(Serialize, ToSchema)]
pub struct Connection {
    id: ConnectionId,
    /// The service's id.
    service: String,
    /// The service's name.
    name: String,
    /// What people know the account by.
    account: String,
    state: ConnectionState,
    /// Why the person must sign in again, as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether the service has not renewed the access lately. Aura tries again by itself.
    waiting: bool,
    /// Whether nothing is read through it, because the plan of its person has no room for it.
    resting: bool,
    /// What the service has granted.
    scopes: Vec<String>,
    /// What was asked for and was not granted.
    missing_scopes: Vec<String>,
    models: ModelChoice,
    /// Whose model its owner has agreed to, where that still counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    models_agreed: Option<ModelAgreement>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    last_used_at: Option<OffsetDateTime>,
    /// When the access is renewed next; absent where it needs no renewal.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    renews_at: Option<OffsetDateTime>,
    /// When the person has to sign in again at the latest; absent where no end is known.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    consent_ends_at: Option<OffsetDateTime>,
    /// The page of this site about it.
    link: String,
}

impl From<Known> for Connection {
    fn from(known: Known) -> Self {
        let scopes = known.scopes();
        let missing = scopes.iter().filter(|scope| !scope.granted).map(|scope| scope.name.clone());
        Self {
            missing_scopes: missing.collect(),
            state: known.state(),
            waiting: known.waits(),
            resting: known.resting,
            models: known.model(),
            models_agreed: known.agreed().map(|Agreed { vendor, model, at }| ModelAgreement { vendor, model, at }),
            consent_ends_at: known.ends_at(),
            renews_at: known.health.refresh_due_at,
            name: known.provider.name.clone(),
            link: format!("/connections/{}", known.row.id),
            id: known.row.id,
            service: known.row.provider,
            account: known.row.account_label,
            reason: known.row.reason,
            scopes: known.row.scopes,
            created_at: known.row.created_at,
            last_used_at: known.row.last_used_at,
        }
    }
}

/// Something that happened to a connection. It never holds what was read.
#[derive(Serialize, ToSchema)]
pub struct ConnectionEvent {
    #[schema(value_type = String)]
    id: Uuid,
    /// Such as `connected`, `renewed`, `used`, `needs_reauth`. The set grows.
    kind: String,
    /// The same as a sentence.
    what: String,
    /// The tool, where it was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl From<Happening> for ConnectionEvent {
    fn from(event: Happening) -> Self {
        let Happening { id, kind, told, tool, at } = event;
        Self { id, kind, what: told, tool, at }
    }
}

/// What is to become another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionEdit {
    /// Whether what is read may be sent to the language model of this installation. `true` agrees to its present operator.
    models_may_see: bool,
}

/// How to disconnect.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Parting {
    /// Whether to delete what was read through it, too.
    #[serde(default)]
    forget_readings: bool,
}

/// How it ended.
#[derive(Serialize, ToSchema)]
pub struct DisconnectedConnection {
    verdict: Verdict,
    /// Where the person removes the access at the service themselves.
    manage: String,
}

/// Lists the person's connections
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/connections",
    operation_id = "list_connections",
    tag = "connections",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<Connection>), Refused)
)]
async fn list(
    State(integrations): State<Integrations>,
    principal: Principal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Connection>>, Refusal> {
    principal.allow(Scope::ConnectionsRead)?;
    let (after, most) = (page.after::<ConnectionId>()?, usize::try_from(page.rows()?).unwrap_or(usize::MAX));
    let all = integrations.all_known(principal.user).await?;
    let rows: Vec<Known> =
        all.into_iter().filter(|known| after.is_none_or(|after| known.row.id < after)).take(most).collect();
    Ok(Json(Page::of(rows, &page, |known| known.row.id, Connection::from)?))
}

/// Shows one connection
#[utoipa::path(
    get,
    path = "/api/v1/connections/{id}",
    operation_id = "show_connection",
    tag = "connections",
    security(("bearer" = [])),
    params(("id" = ConnectionId, Path)),
    responses((status = 200, body = Connection), Refused)
)]
async fn show(
    State(integrations): State<Integrations>,
    principal: Principal,
    Path(id): Path<ConnectionId>,
) -> Result<Json<Connection>, Refusal> {
    principal.allow(Scope::ConnectionsRead)?;
    Ok(Json(integrations.known(principal.user, id).await?.into()))
}

/// Says whether models may see what is read
#[utoipa::path(
    patch,
    path = "/api/v1/connections/{id}",
    operation_id = "change_connection",
    tag = "connections",
    security(("bearer" = [])),
    params(("id" = ConnectionId, Path)),
    request_body = ConnectionEdit,
    responses((status = 200, body = Connection), Refused)
)]
async fn change(
    State(integrations): State<Integrations>,
    principal: Principal,
    Path(id): Path<ConnectionId>,
    Body(edit): Body<ConnectionEdit>,
) -> Result<Json<Connection>, Refusal> {
    principal.allow(Scope::ConnectionsWrite)?;
    integrations.let_models_see(principal.user, id, edit.models_may_see).await?;
    Ok(Json(integrations.known(principal.user, id).await?.into()))
}

/// Disconnects an account
///
/// The stored tokens are destroyed in any case. Where the service has a call for it, the access is ended there, too.
#[utoipa::path(
    delete,
    path = "/api/v1/connections/{id}",
    operation_id = "disconnect_connection",
    tag = "connections",
    security(("bearer" = [])),
    params(("id" = ConnectionId, Path), Parting),
    responses((status = 200, body = DisconnectedConnection), Refused)
)]
async fn disconnect(
    State(integrations): State<Integrations>,
    principal: Principal,
    Path(id): Path<ConnectionId>,
    Query(parting): Query<Parting>,
) -> Result<Json<DisconnectedConnection>, Refusal> {
    principal.allow(Scope::ConnectionsWrite)?;
    let ended = integrations.disconnect(principal.user, id, Readings::of(parting.forget_readings)).await?;
    Ok(Json(DisconnectedConnection { verdict: ended.verdict, manage: ended.manage }))
}

/// Lists what happened to a connection
///
/// The newest first. What is older than 90 days is gone.
#[utoipa::path(
    get,
    path = "/api/v1/connections/{id}/events",
    operation_id = "list_connection_events",
    tag = "connections",
    security(("bearer" = [])),
    params(("id" = ConnectionId, Path), PageQuery),
    responses((status = 200, body = Page<ConnectionEvent>), Refused)
)]
async fn events(
    State(integrations): State<Integrations>,
    principal: Principal,
    Path(id): Path<ConnectionId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ConnectionEvent>>, Refusal> {
    principal.allow(Scope::ConnectionsRead)?;
    let rows = integrations.happenings(principal.user, id, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |event| event.id, ConnectionEvent::from)?))
}
