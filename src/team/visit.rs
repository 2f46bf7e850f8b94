//! Between the server functions about teams and the service.

use axum_extra::extract::cookie::{Cookie, SameSite};
use leptos::prelude::{expect_context, use_context};
use time::Duration;

use super::{
    letter,
    model::{Act, Invitation, Joining, Member, OwnTeams, Role, Team, TeamPage},
    service::{TeamError, Teams},
    store::{invitations::OpenRow, members::MemberRow, teams::TeamRow},
};
use crate::{
    error::AppError,
    identity::{
        self,
        model::avatar_address,
        moment,
        session::{self, Session},
    },
    kit::id::{TeamId, TeamInvitationId, UserId},
    platform::web,
};

const PAGE: &str = "/team";
/// Carries the secret of an invitation past signing in: an address would be kept with the sign-in, and in the history.
const SECRET: &str = "__Host-aura-join";
const SECRET_LASTS: Duration = Duration::hours(1);
/// The length of the secret as the link has it.
const SECRET_LENGTH: usize = 43;

fn asked() -> Result<(Teams, Session), AppError> {
    Ok((expect_context::<Teams>(), session::require().map_err(web::fail)?))
}

/// A form about one team.
fn about(team: &str) -> Result<(Teams, Session, TeamId), AppError> {
    let (teams, session) = asked()?;
    let team = team.parse().map_err(|_| web::fail(TeamError::NotFound))?;
    Ok((teams, session, team))
}

/// The same where the person has lately proved who they are; else the browser is sent to give a proof.
fn proved(team: &str) -> Result<(Teams, Session, TeamId), AppError> {
    let (teams, _, team) = about(team)?;
    let session = identity::proved(teams.now(), &page_of(team))?;
    Ok((teams, session, team))
}

fn page_of(team: TeamId) -> String {
    format!("{PAGE}?team={team}")
}

/// Shows the team, and what was done.
fn done(team: TeamId, what: &str) {
    web::redirect(&format!("{PAGE}?team={team}&done={what}"));
}

fn role(word: &str) -> Result<Role, AppError> {
    let word = if word.is_empty() { Role::Member.as_str() } else { word };
    let role = Role::parse(word).filter(|role| *role != Role::Owner);
    role.ok_or_else(|| web::fail(TeamError::NoSuchRole))
}

fn member(id: &str) -> Result<UserId, AppError> {
    id.parse().map_err(|_| web::fail(TeamError::NoSuchMember))
}

fn invitation(id: &str) -> Result<TeamInvitationId, AppError> {
    id.parse().map_err(|_| web::fail(TeamError::NoSuchInvitation))
}

fn team_of(row: &TeamRow) -> Team {
    let role = Role::parse(&row.role).unwrap_or(Role::Member);
    Team { id: row.id, name: row.name.clone(), role, personal: row.personal }
}

/// None for who is not signed in: the frame asks on every page.
pub async fn own() -> Result<Option<OwnTeams>, AppError> {
    let (Some(teams), Some(session)) = (use_context::<Teams>(), session::current().map_err(web::fail)?) else {
        return Ok(None);
    };
    let (rows, chosen) = teams.own(session.user).await.map_err(web::fail)?;
    Ok(Some(OwnTeams { teams: rows.iter().map(team_of).collect(), chosen }))
}

pub async fn show(wanted: &str) -> Result<TeamPage, AppError> {
    let (teams, session) = asked()?;
    let (rows, chosen) = teams.own(session.user).await.map_err(web::fail)?;
    let id = if wanted.is_empty() { Ok(chosen) } else { wanted.parse() };
    let row = id.ok().and_then(|id| rows.iter().find(|row| row.id == id));
    let row = row.ok_or_else(|| web::fail(TeamError::NotFound))?;
    let members = teams.members(session.user, row.id).await.map_err(web::fail)?;
    let mut page = TeamPage {
        team: team_of(row),
        members: Vec::new(),
        invitations: Vec::new(),
        seats: u32::try_from(teams.seats(row)).unwrap_or_default(),
        own: OwnTeams { teams: rows.iter().map(team_of).collect(), chosen },
        typed: web::typed("email").unwrap_or_default(),
    };
    let manages = page.may(Act::Revoke);
    page.members = members.into_iter().map(|row| shown(row, manages, &session, &teams)).collect();
    if manages {
        let waiting = teams.invitations(session.user, row.id).await.map_err(web::fail)?;
        page.invitations = waiting.into_iter().map(|row| waits(row, &session, &teams)).collect();
    }
    Ok(page)
}

fn shown(row: MemberRow, manages: bool, session: &Session, teams: &Teams) -> Member {
    let MemberRow { user, display_name, avatar_key, email, role, joined_at } = row;
    Member {
        id: user,
        name: display_name,
        avatar: avatar_key.as_deref().map(avatar_address),
        email: email.filter(|_| manages),
        role: Role::parse(&role).unwrap_or(Role::Member),
        joined: format!("since {}", moment::day(joined_at, teams.now(), &session.time_zone)),
        is_viewer: user == session.user,
    }
}

fn waits(row: OpenRow, session: &Session, teams: &Teams) -> Invitation {
    let OpenRow { id, email, role, created_at, expires_at } = row;
    let now = teams.now();
    let until = if expires_at <= now {
        "expired".to_owned()
    } else {
        format!("until {}", moment::stamp(expires_at, now, &session.time_zone))
    };
    Invitation {
        id,
        email,
        role: Role::parse(&role).unwrap_or(Role::Member),
        sent: format!("sent {}", moment::ago(created_at, now, &session.time_zone)),
        until,
    }
}

pub async fn choose(team: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.choose(session.user, team).await.map_err(web::fail)
}

pub async fn make(name: &str) -> Result<(), AppError> {
    let (teams, session) = asked()?;
    let team = teams.make(session.user, name).await.map_err(web::fail)?;
    done(team, "made");
    Ok(())
}

pub async fn rename(team: &str, name: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.rename(session.user, team, name).await.map_err(web::fail)?;
    done(team, "renamed");
    Ok(())
}

pub async fn invite(team: &str, email: &str, as_what: &str) -> Result<(), AppError> {
    web::keep_typed(&[("email", email)]);
    let (teams, session, team) = about(team)?;
    teams.invite(session.user, team, email, role(as_what)?).await.map_err(web::fail)?;
    done(team, "invited");
    Ok(())
}

pub async fn invite_again(team: &str, id: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.invite_again(session.user, team, invitation(id)?).await.map_err(web::fail)?;
    done(team, "invited");
    Ok(())
}

pub async fn revoke(team: &str, id: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.revoke(session.user, team, invitation(id)?).await.map_err(web::fail)?;
    done(team, "revoked");
    Ok(())
}

pub async fn remove(team: &str, id: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.remove(session.user, team, member(id)?).await.map_err(web::fail)?;
    done(team, "removed");
    Ok(())
}

pub async fn set_role(team: &str, id: &str, word: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.set_role(session.user, team, member(id)?, role(word)?).await.map_err(web::fail)?;
    done(team, "role");
    Ok(())
}

pub async fn transfer(team: &str, id: &str) -> Result<(), AppError> {
    let (teams, session, team) = proved(team)?;
    teams.transfer(session.user, team, member(id)?).await.map_err(web::fail)?;
    done(team, "given");
    Ok(())
}

pub async fn leave(team: &str) -> Result<(), AppError> {
    let (teams, session, team) = about(team)?;
    teams.leave(session.user, team).await.map_err(web::fail)?;
    web::redirect(&format!("{PAGE}?done=left"));
    Ok(())
}

pub async fn close(team: &str) -> Result<(), AppError> {
    let (teams, session, team) = proved(team)?;
    teams.close(session.user, team).await.map_err(web::fail)?;
    web::redirect(&format!("{PAGE}?done=closed"));
    Ok(())
}

/// Keeps the secret of the link that was opened, and takes it out of the address. Nothing else happens.
pub fn keep(token: &str) {
    let fits =
        token.len() == SECRET_LENGTH && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    web::set_cookie(&cookie(
        if fits { token } else { "" }.to_owned(),
        if fits { SECRET_LASTS } else { Duration::ZERO },
    ));
    web::redirect(letter::PAGE);
}

/// The secret that the browser brings, and what it is for.
pub async fn joining() -> Result<(String, Joining), AppError> {
    let token = web::cookie(SECRET).unwrap_or_default();
    let session = session::current().map_err(web::fail)?;
    let (user, address) =
        (session.as_ref().map(|session| session.user), session.as_ref().and_then(|session| session.email.as_deref()));
    let joining = expect_context::<Teams>().look(&token, user, address).await.map_err(web::fail)?;
    if joining == Joining::Unknown {
        web::set_status(404);
    }
    Ok((token, joining))
}

pub async fn join(token: &str) -> Result<(), AppError> {
    let (teams, session) = asked()?;
    let team = teams.accept(session.user, token).await.map_err(web::fail)?;
    web::set_cookie(&cookie(String::new(), Duration::ZERO));
    done(team, "joined");
    Ok(())
}

/// It has to come along when the link is followed from a mailbox on another site.
fn cookie(value: String, lasts: Duration) -> Cookie<'static> {
    Cookie::build((SECRET, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(lasts)
        .build()
}
