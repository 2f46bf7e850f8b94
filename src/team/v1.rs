//! The JSON API of teams.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    model::{Act, Role},
    service::Teams,
    store::{members::MemberRow, teams::TeamRow},
};
use crate::{
    identity::{
        bearer::{Principal, Scope},
        model::avatar_address,
    },
    kit::id::{TeamId, UserId},
    platform::{
        api::{Body, Path, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use. The layer of `bearer` goes around it.
pub fn routes(teams: Teams) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(list)).routes(routes!(show)).routes(routes!(invite));
    Routes::new().documented(documented).with_state(teams)
}

/// What a member may do: `owner` everything, `admin` invites and removes members, `member` uses the plan.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    Owner,
    Admin,
    Member,
}

impl From<Role> for TeamRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
        }
    }
}

fn role_of(word: &str) -> Role {
    Role::parse(word).unwrap_or(Role::Member)
}

/// A team of the person's.
#[derive(Serialize, ToSchema)]
pub struct Team {
    id: TeamId,
    name: String,
    // With words of its own the field would be described as an object.
    #[schema(inline)]
    role: TeamRole,
    /// It is theirs alone.
    personal: bool,
    /// How many members it has.
    members: i64,
    /// For how many members its plan has room.
    seats: i32,
    /// New conversations of the person belong to it.
    chosen: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl Team {
    fn of(row: &TeamRow, seats: i32, chosen: bool) -> Self {
        let TeamRow { id, name, personal, role, created_at, members, .. } = row;
        let role = role_of(role).into();
        let (id, personal, created_at, members) = (*id, *personal, *created_at, *members);
        Self { id, name: name.clone(), role, personal, members, seats, chosen, created_at }
    }
}

/// All teams of the person.
#[derive(Serialize, ToSchema)]
pub struct TeamList {
    /// The personal one first, then by name.
    items: Vec<Team>,
}

/// Somebody in a team.
#[derive(Serialize, ToSchema)]
pub struct TeamMember {
    id: UserId,
    display_name: String,
    /// Where their picture is; absent where they have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    /// For the owner and admins; absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[schema(inline)]
    role: TeamRole,
    #[serde(with = "time::serde::rfc3339")]
    joined_at: OffsetDateTime,
}

/// A team with its members.
#[derive(Serialize, ToSchema)]
pub struct TeamWithMembers {
    team: Team,
    /// The owner first, then the admins.
    members: Vec<TeamMember>,
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamInvitation {
    /// The invitation is for this address alone.
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    #[serde(default = "member")]
    #[schema(inline)]
    role: GivenRole,
}

fn member() -> GivenRole {
    GivenRole::Member
}

/// A role that can be given: `member` where none is named; the owner alone gives `admin`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GivenRole {
    Admin,
    Member,
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Admin => Self::Admin,
            GivenRole::Member => Self::Member,
        }
    }
}

/// Lists the person's teams
#[utoipa::path(
    get,
    path = "/api/v1/teams",
    operation_id = "list_teams",
    tag = "teams",
    security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = TeamList), Refused)
)]
async fn list(State(teams): State<Teams>, principal: Principal) -> Result<Json<TeamList>, Refusal> {
    principal.allow(Scope::ProfileRead)?;
    let (rows, chosen) = teams.own(principal.user).await?;
    let items = rows.iter().map(|row| Team::of(row, teams.seats(row), row.id == chosen)).collect();
    Ok(Json(TeamList { items }))
}

/// Shows a team and its members
#[utoipa::path(
    get,
    path = "/api/v1/teams/{id}",
    operation_id = "get_team",
    tag = "teams",
    security(("bearer" = [])),
    params(("id" = TeamId, Path)),
    responses((status = 200, description = "The team.", body = TeamWithMembers), Refused)
)]
async fn show(
    State(teams): State<Teams>,
    principal: Principal,
    Path(id): Path<TeamId>,
) -> Result<Json<TeamWithMembers>, Refusal> {
    principal.allow(Scope::ProfileRead)?;
    let row = teams.find(principal.user, id).await?;
    let (_, chosen) = teams.own(principal.user).await?;
    let manages = role_of(&row.role).may(Act::Revoke);
    let member = |member: MemberRow| TeamMember {
        id: member.user,
        display_name: member.display_name,
        avatar: member.avatar_key.as_deref().map(avatar_address),
        email: member.email.filter(|_| manages),
        role: role_of(&member.role).into(),
        joined_at: member.joined_at,
    };
    let members = teams.members(principal.user, id).await?.into_iter().map(member).collect();
    Ok(Json(TeamWithMembers { team: Team::of(&row, teams.seats(&row), id == chosen), members }))
}

/// Invites an address to a team
///
/// A mail with a link goes there, which works once, for 7 days. An invitation of the same address that waits is renewed.
/// For owners and admins, signed in.
#[utoipa::path(
    post,
    path = "/api/v1/teams/{id}/invitations",
    operation_id = "invite_to_team",
    tag = "teams",
    security(("bearer" = [])),
    params(("id" = TeamId, Path)),
    request_body = NewTeamInvitation,
    responses((status = 202, description = "The mail is on its way."), Refused)
)]
async fn invite(
    State(teams): State<Teams>,
    principal: Principal,
    Path(id): Path<TeamId>,
    Body(new): Body<NewTeamInvitation>,
) -> Result<StatusCode, Refusal> {
    principal.session()?;
    teams.invite(principal.user, id, &new.email, new.role.into()).await?;
    Ok(StatusCode::ACCEPTED)
}
