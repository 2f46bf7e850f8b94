use axum::{
    extract::{Path, State},
    response::IntoResponse,
};
use http::{HeaderValue, header};
use serde_json::json;

use crate::{
    identity::{moment, session::CurrentSession},
    integrations::service::{Error, Integrations},
    kit::id::ConnectionId,
    platform::{refusal::Refusal, routes::Routes},
};

/// The address of the log as a file.
pub fn routes(integrations: Integrations) -> Routes {
    Routes::new().get("/api/connections/{id}/events.json", events).with_state(integrations)
}

async fn events(
    State(integrations): State<Integrations>,
    Path(id): Path<String>,
    CurrentSession(session): CurrentSession,
) -> Result<impl IntoResponse, Refusal> {
    let id: ConnectionId = id.parse().map_err(|_| Error::NotFound("connection"))?;
    let known = integrations.known(session.user, id).await?;
    let log = integrations.whole_log(session.user, id).await?;
    let lines = log.into_iter().map(|event| {
        json!({
            "id": event.id,
            "kind": event.kind,
            "what": event.told,
            "tool": event.tool,
            "at": moment::machine(event.at),
        })
    });
    let file = json!({
        "connection": id,
        "service": known.row.provider,
        "account": known.row.account_label,
        "events": lines.collect::<Vec<_>>(),
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"aura-connection.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers.map(|(name, value)| (name, HeaderValue::from_static(value))), file.to_string()))
}
