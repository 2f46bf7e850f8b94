//! Webhooks over the JSON API.

mod deliveries;
mod shapes;

use axum::{Json, extract::State};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use time::OffsetDateTime;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::shapes::{NewWebhook, Webhook, WebhookEdit, WebhookWithSecret};
use super::service::{OutgoingWebhooks, Secretive, Wish};
use crate::{
    identity::bearer::{Principal, Scope},
    kit::id::WebhookEndpointId,
    platform::{
        api::{Body, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use.
pub fn routes(webhooks: OutgoingWebhooks) -> Routes {
    let documented = OpenApiRouter::default()
        .routes(routes!(list, make))
        .routes(routes!(show, change, delete))
        .routes(routes!(rotate));
    Routes::new().documented(deliveries::routes(documented)).with_state(webhooks)
}

fn with_secret(made: Secretive, now: OffsetDateTime) -> (HeaderMap, Json<WebhookWithSecret>) {
    let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    let Secretive { row, secret } = made;
    (headers, Json(WebhookWithSecret { secret: secret.to_string(), webhook: Webhook::of(row, now) }))
}

/// Lists the person's webhooks
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<Webhook>), Refused)
)]
async fn list(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Webhook>>, Refusal> {
    principal.allow(Scope::WebhooksRead)?;
    let rows = webhooks.list(principal.user, page.after()?, page.rows()?).await?;
    let now = webhooks.now();
    Ok(Json(Page::of(rows, &page, |row| row.id, |row| Webhook::of(row, now))?))
}

/// Registers a webhook
///
/// Events are posted as JSON, signed as Standard Webhooks tells: `webhook-id`, `webhook-timestamp` and
/// `webhook-signature` go with each. An answer of 200 to 299 within 15 seconds takes it; anything else is tried again,
/// eight times in about a day. The order is not promised, and an event may come twice under one `webhook-id`. A person
/// has 10 webhooks at most.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    operation_id = "make_webhook",
    tag = "webhooks",
    security(("bearer" = [])),
    request_body = NewWebhook,
    responses((status = 201, body = WebhookWithSecret), Refused)
)]
async fn make(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Body(new): Body<NewWebhook>,
) -> Result<(StatusCode, HeaderMap, Json<WebhookWithSecret>), Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    let NewWebhook { name, url, events, on } = new;
    let wish = Wish { name: Some(&name), url: Some(&url), events: Some(&events), on: Some(on) };
    let (headers, made) = with_secret(webhooks.make(principal.user, &wish).await?, webhooks.now());
    Ok((StatusCode::CREATED, headers, made))
}

/// Shows one webhook
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}",
    operation_id = "show_webhook",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path)),
    responses((status = 200, body = Webhook), Refused)
)]
async fn show(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Json<Webhook>, Refusal> {
    principal.allow(Scope::WebhooksRead)?;
    Ok(Json(Webhook::of(webhooks.endpoint(principal.user, id).await?, webhooks.now())))
}

/// Changes a webhook, or switches it on or off
#[utoipa::path(
    patch,
    path = "/api/v1/webhooks/{id}",
    operation_id = "change_webhook",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path)),
    request_body = WebhookEdit,
    responses((status = 200, body = Webhook), Refused)
)]
async fn change(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
    Body(edit): Body<WebhookEdit>,
) -> Result<Json<Webhook>, Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    let WebhookEdit { name, url, events, on } = edit;
    let wish = Wish { name: name.as_deref(), url: url.as_deref(), events: events.as_deref(), on };
    Ok(Json(Webhook::of(webhooks.change(principal.user, id, &wish).await?, webhooks.now())))
}

/// Deletes a webhook
///
/// With it goes what is known of its deliveries.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{id}",
    operation_id = "delete_webhook",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path)),
    responses((status = 204, description = "Deleted."), Refused)
)]
async fn delete(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
) -> Result<StatusCode, Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    webhooks.delete(principal.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the secret
///
/// For 24 hours each post carries two signatures, by the new secret and by the one before it. Replacing it again within
/// that time ends the older one.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/secret",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = WebhookEndpointId, Path)),
    responses((status = 200, body = WebhookWithSecret), Refused)
)]
async fn rotate(
    State(webhooks): State<OutgoingWebhooks>,
    principal: Principal,
    Path(id): Path<WebhookEndpointId>,
) -> Result<(HeaderMap, Json<WebhookWithSecret>), Refusal> {
    principal.allow(Scope::WebhooksWrite)?;
    Ok(with_secret(webhooks.rotate(principal.user, id).await?, webhooks.now()))
}
