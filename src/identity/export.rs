//! The person's own log as a file.

use axum::{extract::State, response::IntoResponse};
use http::{HeaderValue, header};

use super::{Identity, session::CurrentSession};
use crate::platform::{refusal::Refusal, routes::Routes};

/// The address of the file.
pub fn routes(identity: Identity) -> Routes {
    Routes::new().get("/api/identity/activity.csv", activity).with_state(identity)
}

async fn activity(
    State(identity): State<Identity>,
    CurrentSession(session): CurrentSession,
) -> Result<impl IntoResponse, Refusal> {
    let csv = identity.activity_csv(&session).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"aura-activity.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers.map(|(name, value)| (name, HeaderValue::from_static(value))), csv))
}
