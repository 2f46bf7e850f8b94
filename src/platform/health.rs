//! Whether the process lives, and whether it can serve.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    db::{self, Db},
    refusal::Refusal,
    routes::Routes,
};
use crate::error::{AppError, ErrorKind};

const DEADLINE: Duration = Duration::from_secs(2);

/// `/healthz` answers as long as the process does; `/readyz` when the database is there and its tables are current.
pub fn routes(database: Db) -> Routes {
    Routes::new().get("/healthz", || async { "alive\n" }).get("/readyz", ready).with_state(database)
}

async fn ready(State(database): State<Db>) -> Response {
    let sentence = match tokio::time::timeout(DEADLINE, db::unapplied(&database)).await {
        Ok(Ok(missing)) if missing.is_empty() => return "ready\n".into_response(),
        Ok(Ok(_)) => "The database lacks migrations. Run `aura migrate`.",
        Ok(Err(_)) => "The database cannot be reached.",
        Err(_) => "The database did not answer in time.",
    };
    Refusal(AppError::new(ErrorKind::Unavailable, "not_ready", sentence)).into_response()
}
