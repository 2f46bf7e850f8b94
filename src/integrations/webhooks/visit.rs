//! Between the server functions about webhooks and the service.

use axum_extra::extract::cookie::{Cookie, SameSite};
use leptos::prelude::expect_context;
use time::{Duration, OffsetDateTime};

use super::{
    OutgoingWebhooks,
    model::{DeliveryState, DeliveryView, EndpointPageView, EndpointView, EndpointsView, OffReason},
    service::{Secretive, WebhookError, Wish, host, page_of},
    store::{DeliveryRow, EndpointRow},
};
use crate::{
    error::AppError,
    identity::{
        moment,
        session::{self, Session},
    },
    integrations::Integrations,
    kit::id::{WebhookDeliveryId, WebhookEndpointId},
    platform::web,
};

const ALL: &str = "/settings/developer/webhooks";
/// Carries a new secret to the page that shows it: an address is kept in too many places.
const MADE: &str = "__Host-aura-webhook";
const SHOWN_WITHIN: Duration = Duration::minutes(2);
/// More endpoints than anybody has.
const MOST: i64 = 100;
/// How many deliveries a page shows.
const ON_A_PAGE: usize = 25;

fn asked() -> Result<(OutgoingWebhooks, Session), AppError> {
    Ok((expect_context::<Integrations>().webhooks().clone(), session::require().map_err(web::fail)?))
}

pub async fn show_all() -> Result<EndpointsView, AppError> {
    let (webhooks, session) = asked()?;
    let rows = webhooks.list(session.user, None, MOST).await.map_err(web::fail)?;
    let typed = |name| web::typed(name).unwrap_or_default();
    Ok(EndpointsView {
        endpoints: rows.into_iter().map(|row| shown(row, webhooks.now(), &session)).collect(),
        typed_name: typed("name"),
        typed_url: typed("url"),
    })
}

pub async fn show(id: &str, before: &str) -> Result<EndpointPageView, AppError> {
    let (webhooks, session) = asked()?;
    let id: WebhookEndpointId = id.parse().map_err(|_| web::fail(WebhookError::NotFound("webhook")))?;
    let endpoint = webhooks.endpoint(session.user, id).await.map_err(web::fail)?;
    let most = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = webhooks.deliveries(session.user, id, None, before.parse().ok(), most).await.map_err(web::fail)?;
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let older = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let made = web::cookie(MADE).filter(|made| !made.is_empty());
    // Only on the page of the endpoint that it was made for.
    let secret = made.and_then(|made| Some(made.split_once('.').filter(|(of, _)| *of == id.to_string())?.1.to_owned()));
    if secret.is_some() {
        web::set_cookie(&cookie(String::new(), Duration::ZERO));
    }
    let now = webhooks.now();
    Ok(EndpointPageView {
        endpoint: shown(endpoint, now, &session),
        secret,
        deliveries: rows.into_iter().map(|row| delivery(row, now, &session)).collect(),
        older,
    })
}

pub async fn add(name: &str, url: &str, events: &[String]) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    web::keep_typed(&[("name", name), ("url", url)]);
    let wish = Wish { name: Some(name), url: Some(url), events: Some(events), on: Some(true) };
    tell(webhooks.make(session.user, &wish).await.map_err(web::fail)?);
    Ok(())
}

pub async fn change(id: WebhookEndpointId, name: &str, url: &str, events: &[String]) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    let wish = Wish { name: Some(name), url: Some(url), events: Some(events), on: None };
    webhooks.change(session.user, id, &wish).await.map_err(web::fail)?;
    web::redirect(&page_of(id));
    Ok(())
}

pub async fn switch(id: WebhookEndpointId, on: bool) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    let wish = Wish { on: Some(on), ..Wish::default() };
    webhooks.change(session.user, id, &wish).await.map_err(web::fail)?;
    web::redirect(&page_of(id));
    Ok(())
}

pub async fn rotate(id: WebhookEndpointId) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    tell(webhooks.rotate(session.user, id).await.map_err(web::fail)?);
    Ok(())
}

pub async fn delete(id: WebhookEndpointId) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    match webhooks.delete(session.user, id).await {
        // Removed in another tab a moment ago: it is as it was wished.
        Ok(()) | Err(WebhookError::NotFound(_)) => {}
        Err(error) => return Err(web::fail(error)),
    }
    web::redirect(ALL);
    Ok(())
}

pub async fn ping(id: WebhookEndpointId) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    webhooks.ping(session.user, id).await.map_err(web::fail)?;
    web::redirect(&page_of(id));
    Ok(())
}

pub async fn replay(id: WebhookEndpointId, delivery: Option<WebhookDeliveryId>) -> Result<(), AppError> {
    let (webhooks, session) = asked()?;
    match delivery {
        Some(delivery) => webhooks.replay(session.user, id, delivery).await.map(|_| ()),
        None => webhooks.replay_failed(session.user, id, OffsetDateTime::UNIX_EPOCH).await.map(|_| ()),
    }
    .map_err(web::fail)?;
    web::redirect(&page_of(id));
    Ok(())
}

/// Takes a new secret to the page of its endpoint.
fn tell(made: Secretive) {
    let id = made.row.id;
    web::set_cookie(&cookie(format!("{id}.{}", made.secret.as_str()), SHOWN_WITHIN));
    web::redirect(&page_of(id));
}

fn cookie(value: String, lasts: Duration) -> Cookie<'static> {
    Cookie::build((MADE, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(lasts)
        .build()
}

fn shown(row: EndpointRow, now: OffsetDateTime, session: &Session) -> EndpointView {
    let stamp = |at| moment::stamp(at, now, &session.time_zone);
    EndpointView {
        id: row.id,
        title: if row.name.is_empty() { host(&row.url) } else { row.name.clone() },
        name: row.name,
        url: row.url,
        events: row.events,
        off: row.off_reason.as_deref().map(OffReason::parse),
        made: moment::day(row.created_at, now, &session.time_zone),
        failing: row.failing_since.map(stamp),
        overlap: row.previous_until.filter(|until| now < *until).map(stamp),
    }
}

fn delivery(row: DeliveryRow, now: OffsetDateTime, session: &Session) -> DeliveryView {
    let stamp = |at| moment::stamp(at, now, &session.time_zone);
    let state = DeliveryState::parse(&row.state);
    let tried = match row.attempts {
        0 => "Not tried yet.".to_owned(),
        1 => "Tried once.".to_owned(),
        many => format!("Tried {many} times."),
    };
    let answered = row.last_status.map(|status| format!(" Last answer: {status}."));
    let problem = row.problem.map(|problem| format!(" Last time {problem}."));
    let next = match state {
        DeliveryState::Waiting if row.due_at <= now => " Tried again within seconds.".to_owned(),
        DeliveryState::Waiting => format!(" Next try: {}.", stamp(row.due_at)),
        DeliveryState::Delivered | DeliveryState::Failed => String::new(),
    };
    DeliveryView {
        id: row.id,
        event: row.event,
        state,
        when: stamp(row.created_at),
        told: format!("{tried}{}{}{next}", answered.unwrap_or_default(), problem.unwrap_or_default()),
        answer: row.last_answer,
    }
}
