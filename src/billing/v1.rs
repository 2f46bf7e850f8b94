//! The JSON API of billing: what a team may do, and what it has used.

use axum::{Json, extract::State};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Billing, BillingError,
    model::{Entitlement, Standing, UsedMonth},
};
use crate::{
    identity::bearer::{Principal, Scope},
    kit::{id::TeamId, time::Timestamp},
    platform::{api::Refused, refusal::Refusal, routes::Routes},
};

/// What programs use. The layer of `bearer` goes around it.
pub fn routes(billing: Billing) -> Routes {
    Routes::new().documented(OpenApiRouter::default().routes(routes!(show))).with_state(billing)
}

/// How a team stands with its plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStanding {
    /// Nothing is paid, and nothing is owed.
    Free,
    /// Nothing is paid until `until`.
    Trial,
    /// Paid until `until`, and renewed.
    Active,
    /// Paid until `until`, and not renewed.
    Ends,
    /// A payment failed; the plan stays until `until`.
    PastDue,
    /// The payment service says something that is not known yet; the plan stays until `until`.
    Unclear,
}

/// What a team may do in a calendar month of UTC, and have at a time.
#[derive(Serialize, ToSchema)]
pub struct TeamLimits {
    /// Questions a month.
    messages: u32,
    /// Tokens of the model a month, read and written.
    tokens: u64,
    /// Connections of a person.
    connections: u32,
    /// Members.
    members: u32,
    /// For how many days conversations are shown; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    history_days: Option<u32>,
}

/// What a team has used of this month.
#[derive(Serialize, ToSchema)]
pub struct TeamUsage {
    /// Those that were answered and those that are being answered.
    messages: u32,
    tokens: u64,
    /// When the next month begins.
    #[serde(with = "time::serde::rfc3339")]
    resets_at: OffsetDateTime,
}

/// The plan of the team that the person works for.
#[derive(Serialize, ToSchema)]
pub struct BillingState {
    team: TeamId,
    /// The plan's id.
    plan: String,
    /// The plan's name.
    name: String,
    #[schema(inline)]
    standing: PlanStanding,
    /// Until when that holds; absent for the free plan.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    until: Option<OffsetDateTime>,
    /// How many seats are paid; one where the plan has none.
    seats: u32,
    #[schema(inline)]
    limits: TeamLimits,
    #[schema(inline)]
    usage: TeamUsage,
}

impl BillingState {
    fn of(team: TeamId, entitlement: Entitlement, usage: &UsedMonth) -> Self {
        let (standing, until) = match entitlement.standing {
            Standing::Free => (PlanStanding::Free, None),
            Standing::Trial(until) => (PlanStanding::Trial, Some(until)),
            Standing::Active(until) => (PlanStanding::Active, Some(until)),
            Standing::Ends(until) => (PlanStanding::Ends, Some(until)),
            Standing::PastDue(until) => (PlanStanding::PastDue, Some(until)),
            Standing::Unclear(until) => (PlanStanding::Unclear, Some(until)),
        };
        let limits = entitlement.limits;
        Self {
            team,
            plan: entitlement.plan,
            name: entitlement.name,
            standing,
            until: until.map(moment),
            seats: entitlement.seats,
            limits: TeamLimits {
                messages: limits.messages,
                tokens: limits.tokens,
                connections: limits.connections,
                members: limits.members,
                history_days: limits.history_days,
            },
            usage: TeamUsage { messages: usage.messages, tokens: usage.tokens, resets_at: moment(usage.again) },
        }
    }
}

fn moment(at: Timestamp) -> OffsetDateTime {
    super::service::moment_of(at).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The plan of the team that the person works for, and what is left of it
///
/// What was paid stands on the billing page alone, for the owner and the admins of the team.
#[utoipa::path(
    get,
    path = "/api/v1/billing",
    tag = "billing",
    operation_id = "get_billing",
    security(("bearer" = [])),
    responses((status = 200, description = "The plan, its limits, and what is used of them", body = BillingState), Refused),
)]
async fn show(State(billing): State<Billing>, principal: Principal) -> Result<Json<BillingState>, Refusal> {
    principal.allow(Scope::ProfileRead)?;
    let (team, entitlement, usage) = billing.state(principal.user).await.map_err(refused)?;
    Ok(Json(BillingState::of(team, entitlement, &usage)))
}

fn refused(error: BillingError) -> Refusal {
    Refusal(error.into())
}
