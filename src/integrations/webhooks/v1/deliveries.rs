use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::shapes::{ReplayFailed, Replayed, WebhookDelivery};
use crate::{
    identity::bearer::{Principal, Scope},
    integrations::webhooks::{model::DeliveryState, service::OutgoingWebhooks},
    kit::id::{WebhookDeliveryId, WebhookEndpointId},
    platform::{
        api::{Body, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
    },
};

/// Adds what was posted, and what is to be posted.
pub fn routes(router: OpenApiRouter<OutgoingWebhooks>) -> OpenApiRouter<OutgoingWebhooks> {
    router
        .routes(routes!(ping))
        .routes(routes!(replay_failed))
        .routes(routes!(deliveries))
        .routes(routes!(delivery))
        .routes(routes!(replay))
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// Only those in this state.
    state: Option<DeliveryState>,
    /// How many at most: 25 unless it is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// Tries a webhook out
///
/// Posts an event of the type `ping`, once, whatever types the webhook wants.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/ping",
    operation_id = "ping_webhook",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path)),
    responses((status = 202, body = WebhookDelivery), Refused)
)]
async fn ping(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
) -> Result<(StatusCode, Json<WebhookDelivery>), Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    Ok((StatusCode::ACCEPTED, Json(webhooks.ping(principal.user, id).await?.into())))
}

/// Posts everything again that failed since a moment
///
/// Each under its own `webhook-id`, with eight new tries.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/replay",
    operation_id = "replay_failed_webhook_deliveries",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path)),
    request_body = ReplayFailed,
    responses((status = 202, body = Replayed), Refused)
)]
async fn replay_failed(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
    Body(asked): Body<ReplayFailed>,
) -> Result<(StatusCode, Json<Replayed>), Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    let deliveries = webhooks.replay_failed(principal.user, id, asked.since).await?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { deliveries })))
}

/// Lists what was posted to a webhook
///
/// The newest first. What is older than 30 days is gone.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}/deliveries",
    operation_id = "list_webhook_deliveries",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path), DeliveryQuery),
    responses((status = 200, body = Page<WebhookDelivery>), Refused)
)]
async fn deliveries(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<Page<WebhookDelivery>>, Refusal> {
    principal.allow(Scope::WebhooksRead)?;
    let page = PageQuery::new(query.limit, query.cursor);
    let state = query.state.map(DeliveryState::as_str);
    let rows = webhooks.deliveries(principal.user, id, state, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |row| row.id, WebhookDelivery::from)?))
}

/// Shows one delivery
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}/deliveries/{delivery}",
    operation_id = "show_webhook_delivery",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path), ("delivery" = WebhookDeliveryId, Path)),
    responses((status = 200, body = WebhookDelivery), Refused)
)]
async fn delivery(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path((id, delivery)): Path<(WebhookEndpointId, WebhookDeliveryId)>,
) -> Result<Json<WebhookDelivery>, Refusal> {
    principal.allow(Scope::WebhooksRead)?;
    Ok(Json(webhooks.delivery(principal.user, id, delivery).await?.into()))
}

/// Posts one delivery again
///
/// Under the same `webhook-id`, whatever became of it, with eight new tries.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/deliveries/{delivery}/replay",
    operation_id = "replay_webhook_delivery",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path), ("delivery" = WebhookDeliveryId, Path)),
    responses((status = 202, body = WebhookDelivery), Refused)
)]
async fn replay(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path((id, delivery)): Path<(WebhookEndpointId, WebhookDeliveryId)>,
) -> Result<(StatusCode, Json<WebhookDelivery>), Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    Ok((StatusCode::ACCEPTED, Json(webhooks.replay(principal.user, id, delivery).await?.into())))
}
