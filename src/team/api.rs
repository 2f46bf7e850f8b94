//! What the team pages ask of the server. Every form works without a script: the answer is then a redirect.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{OwnTeams, TeamPage};
use crate::error::AppError;

/// The teams of who is signed in, and which of them they work for.
#[server(prefix = "/api", endpoint = "team/own", input = GetUrl)]
pub async fn list_own_teams() -> Result<Option<OwnTeams>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::own().await
}

/// The page of a team of theirs; empty: of the one they work for.
#[server(prefix = "/api", endpoint = "team/page", input = GetUrl)]
pub async fn open_team(#[server(default)] team: String) -> Result<TeamPage, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show(&team).await
}

/// Works for this team from now on.
#[server(prefix = "/api", endpoint = "team/choose")]
pub async fn choose_team(team: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::choose(&team).await
}

/// Makes a team.
#[server(prefix = "/api", endpoint = "team/make")]
pub async fn make_team(name: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::make(&name).await
}

/// Gives a team another name.
#[server(prefix = "/api", endpoint = "team/rename")]
pub async fn rename_team(team: String, name: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::rename(&team, &name).await
}

/// Invites an address as this.
#[server(prefix = "/api", endpoint = "team/invite")]
pub async fn invite_to_team(team: String, email: String, #[server(default)] role: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::invite(&team, &email, &role).await
}

/// Sends an invitation again.
#[server(prefix = "/api", endpoint = "team/invite-again")]
pub async fn invite_again(team: String, invitation: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::invite_again(&team, &invitation).await
}

/// Takes an invitation back.
#[server(prefix = "/api", endpoint = "team/revoke-invitation")]
pub async fn revoke_invitation(team: String, invitation: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::revoke(&team, &invitation).await
}

/// Accepts the invitation whose link has this secret.
#[server(prefix = "/api", endpoint = "team/join")]
pub async fn join_team(token: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::join(&token).await
}

/// Removes a member.
#[server(prefix = "/api", endpoint = "team/remove-member")]
pub async fn remove_member(team: String, member: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove(&team, &member).await
}

/// Makes a member an admin, or an admin a member.
#[server(prefix = "/api", endpoint = "team/set-role")]
pub async fn set_member_role(team: String, member: String, role: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::set_role(&team, &member, &role).await
}

/// Gives a team to another member.
#[server(prefix = "/api", endpoint = "team/transfer")]
pub async fn transfer_team(team: String, member: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::transfer(&team, &member).await
}

/// Leaves a team.
#[server(prefix = "/api", endpoint = "team/leave")]
pub async fn leave_team(team: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::leave(&team).await
}

/// Closes a team.
#[server(prefix = "/api", endpoint = "team/close")]
pub async fn close_team(team: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::close(&team).await
}
