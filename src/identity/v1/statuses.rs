use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    error::{AppError, ErrorKind},
    identity::{
        Identity,
        bearer::Principal,
        service::{operators::Operator, people::Standing},
        store::system::statuses::StatusRow,
    },
    kit::id::UserId,
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
    },
};

const REASON_LETTERS: usize = 300;

/// Whether an account is open. Nobody signs in to a suspended one, and nothing that was signed in goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    Active,
    Suspended,
}

impl AccountStatus {
    /// As rows have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    fn parse(text: &str) -> Self {
        if text == "active" { Self::Active } else { Self::Suspended }
    }
}

/// How an account stands, and how that came.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusShown {
    status: AccountStatus,
    /// The latest changes, the newest first; at most 20.
    history: Vec<StatusChange>,
}

/// One change of a status.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusChange {
    status: AccountStatus,
    /// In the operator's words; empty where none were given.
    because: String,
    /// The operator; not there where it was a command, or somebody who is no longer here.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<UserId>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// How an account shall stand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusWanted {
    status: AccountStatus,
    /// Why, for other operators; needed to suspend.
    #[serde(default)]
    #[schema(max_length = 300)]
    because: String,
}

fn shown((standing, changes): (Standing, Vec<StatusRow>)) -> Json<StatusShown> {
    let history = changes.into_iter().map(|row| StatusChange {
        status: AccountStatus::parse(&row.status),
        because: row.because,
        set_by: row.set_by,
        created_at: row.created_at,
    });
    Json(StatusShown {
        status: match standing {
            Standing::Active => AccountStatus::Active,
            Standing::Suspended => AccountStatus::Suspended,
        },
        history: history.collect(),
    })
}

/// Shows how an account stands, to operators
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}/status",
    operation_id = "get_status",
    tag = "users",
    security(("bearer" = [])),
    params(("id" = UserId, Path, description = "Of the list.")),
    responses((status = 200, description = "The status.", body = StatusShown), Refused)
)]
pub async fn show(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<StatusShown>, Refusal> {
    principal.operator()?;
    Ok(shown(identity.standing(id).await?))
}

/// Suspends an account or opens it again, for operators
///
/// Needs a proof that is not older than 10 minutes, and another account than one's own. Whoever is suspended is signed
/// out everywhere at once; sessions that ended stay ended.
#[utoipa::path(
    put,
    path = "/api/v1/users/{id}/status",
    operation_id = "set_status",
    tag = "users",
    security(("bearer" = [])),
    params(("id" = UserId, Path, description = "Of the list.")),
    request_body = StatusWanted,
    responses((status = 200, description = "As it is now.", body = StatusShown), Refused)
)]
pub async fn set(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<UserId>,
    Body(wanted): Body<StatusWanted>,
) -> Result<Json<StatusShown>, Refusal> {
    principal.operator()?;
    principal.recent_session(identity.clock.now())?;
    if wanted.because.chars().count() > REASON_LETTERS {
        let told = format!("Say why in at most {REASON_LETTERS} characters.");
        return Err(AppError::new(ErrorKind::Unprocessable, "too_long", told).on_field("because").into());
    }
    let standing = match wanted.status {
        AccountStatus::Active => Standing::Active,
        AccountStatus::Suspended => Standing::Suspended,
    };
    identity.set_standing(Operator::Person(principal.user), id, standing, &wanted.because).await?;
    Ok(shown(identity.standing(id).await?))
}
