use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::model::Standing;
use crate::{
    error::AppError,
    integrations::Integrations,
    platform::{
        api::{Path, Refused},
        refusal::Refusal,
        routes::Routes,
    },
    providers::{Effect, Kind, Provider, Scope, catalogue},
    ui::mark_address,
};

/// What programs read of the catalogue.
pub fn routes(integrations: Integrations) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(list)).routes(routes!(show));
    Routes::new().documented(documented).with_state(integrations)
}

/// Every service that can be connected, under its heading and by name.
#[derive(Serialize, ToSchema)]
pub struct Services {
    services: Vec<Service>,
}

/// One service of the catalogue.
#[derive(Serialize, ToSchema)]
pub struct Service {
    /// Stands in addresses and in tokens of other answers.
    id: String,
    name: String,
    /// The heading that it stands under.
    category: String,
    /// Its mark, in one colour, as a part of a drawing; absent where there is no free one.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    about: String,
    kind: AccessKind,
    /// What one has to know before connecting it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Whether it works only once the service has accepted who runs this installation as a partner.
    needs_partner_contract: bool,
    availability: Availability,
    scopes: Vec<ServiceScope>,
    tools: Vec<ServiceTool>,
    /// The vendor's description of its access.
    documentation: String,
    /// The day on which these facts were compared with it: `2026-11-21`.
    checked: String,
    /// What was not read there.
    unverified: Vec<String>,
    /// The page of this site about it.
    link: String,
}

/// How one gets in. `session`: a session that is begun by a signed call or by name and password. `bridge`: a program of
/// the person's own, for a service without an API.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AccessKind {
    Oauth2,
    Oauth1,
    Key,
    Basic,
    BotToken,
    Session,
    Bridge,
    Partner,
}

/// Whether it can be connected here. `own_app`: with an app that the person registers there.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Availability {
    Ready,
    OwnApp,
    NotSetUp,
    NotYet,
}

/// Something that Aura asks to be allowed.
#[derive(Serialize, ToSchema)]
struct ServiceScope {
    /// As the vendor writes it.
    name: String,
    /// A phrase that ends a sentence beginning with «To».
    reason: String,
    /// Whether it is asked for only when a tool that needs it is wanted.
    later: bool,
}

/// What the assistant can do with it.
#[derive(Serialize, ToSchema)]
struct ServiceTool {
    name: String,
    title: String,
    effect: ToolEffect,
}

/// `write` and `destructive` run only after the person has approved exactly that call.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ToolEffect {
    Read,
    Write,
    Destructive,
}

impl Service {
    fn of(integrations: &Integrations, provider: &Provider) -> Self {
        let view = integrations.service_view(provider);
        let scope =
            |scope: &Scope, later| ServiceScope { name: scope.name.clone(), reason: scope.reason.clone(), later };
        let oauth1 = provider.oauth1.iter().flat_map(|oauth1| &oauth1.scopes);
        let first = provider.scopes().iter().chain(oauth1).map(|one| scope(one, false));
        let later = provider.oauth.iter().flat_map(|oauth| &oauth.optional_scopes).map(|one| scope(one, true));
        let tools = provider.tools.iter().map(|tool| ServiceTool {
            name: tool.name.clone(),
            title: tool.title.clone(),
            effect: match tool.effect {
                Effect::Read => ToolEffect::Read,
                Effect::Write => ToolEffect::Write,
                Effect::Destructive => ToolEffect::Destructive,
            },
        });
        Self {
            icon: mark_address(&provider.id),
            kind: match provider.kind {
                Kind::Oauth2 => AccessKind::Oauth2,
                Kind::Oauth1 => AccessKind::Oauth1,
                Kind::Key => AccessKind::Key,
                Kind::Basic => AccessKind::Basic,
                Kind::BotToken => AccessKind::BotToken,
                Kind::Session => AccessKind::Session,
                Kind::Bridge => AccessKind::Bridge,
                Kind::Partner => AccessKind::Partner,
            },
            availability: match view.standing {
                Standing::Ready => Availability::Ready,
                Standing::OwnApp => Availability::OwnApp,
                Standing::NotSetUp => Availability::NotSetUp,
                Standing::NotYet => Availability::NotYet,
            },
            scopes: first.chain(later).collect(),
            tools: tools.collect(),
            documentation: provider.docs.url().to_string(),
            checked: provider.checked.to_string(),
            unverified: super::words::unverified(provider),
            link: format!("/integrations/{}", provider.id),
            needs_partner_contract: view.partner,
            id: view.id,
            name: view.name,
            category: view.category,
            about: view.about,
            note: view.note,
        }
    }
}

/// Lists the services
///
/// Open to everybody: all of them in one answer, also those that cannot be connected here.
#[utoipa::path(
    get,
    path = "/api/v1/services",
    operation_id = "list_services",
    tag = "connections",
    security(()),
    responses((status = 200, description = "The services.", body = Services), Refused)
)]
async fn list(State(integrations): State<Integrations>) -> Json<Services> {
    let services = integrations.services();
    let providers = services.iter().filter_map(|service| catalogue().get(&service.id));
    Json(Services { services: providers.map(|provider| Service::of(&integrations, provider)).collect() })
}

/// Tells of one service
///
/// Open to everybody.
#[utoipa::path(
    get,
    path = "/api/v1/services/{id}",
    operation_id = "get_service",
    tag = "connections",
    security(()),
    params(("id" = String, Path, description = "The service's id.")),
    responses((status = 200, description = "The service.", body = Service), Refused)
)]
async fn show(State(integrations): State<Integrations>, Path(id): Path<String>) -> Result<Json<Service>, Refusal> {
    let provider = catalogue().get(&id).filter(|provider| provider.connectable);
    let provider = provider.ok_or_else(|| AppError::not_found("service"))?;
    Ok(Json(Service::of(&integrations, provider)))
}
