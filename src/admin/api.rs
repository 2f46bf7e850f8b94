//! What the pages for operators ask of the server.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{
    ClientLine, EventLine, InvitationLine, Money, Overview, PersonLine, PersonView, RecoveryLine, TeamMoney, Troubles,
};
use crate::error::AppError;

/// How many there are of what.
#[server(name = ReadOverview, prefix = "/api", endpoint = "admin/overview", input = GetUrl)]
pub async fn overview() -> Result<Overview, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.overview().await.map_err(web::fail)
}

/// Jobs and mails that did not work out.
#[server(name = ReadTroubles, prefix = "/api", endpoint = "admin/troubles", input = GetUrl)]
pub async fn troubles() -> Result<Troubles, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.troubles().await.map_err(web::fail)
}

/// The services that do not accept this installation's client.
#[server(prefix = "/api", endpoint = "admin/clients", input = GetUrl)]
pub async fn refused_clients() -> Result<Vec<ClientLine>, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.refused_clients().await.map_err(web::fail)
}

/// Lets a job run again.
#[server(prefix = "/api", endpoint = "admin/run-job-again")]
pub async fn run_job_again(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "job").map_err(web::fail)?;
    desk.admin.run_job_again(desk.by, id).await.map_err(web::fail)?;
    desk::shown("/admin/jobs", "job");
    Ok(())
}

/// Sends a letter after all.
#[server(prefix = "/api", endpoint = "admin/send-mail-again")]
pub async fn send_mail_again(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "mail").map_err(web::fail)?;
    desk.admin.send_mail_again(desk.by, id).await.map_err(web::fail)?;
    desk::shown("/admin/jobs", "mail");
    Ok(())
}

/// What outside services told, in one state or in any.
#[server(prefix = "/api", endpoint = "admin/events", input = GetUrl)]
pub async fn events(#[server(default)] state: String) -> Result<Vec<EventLine>, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.events(&state).await.map_err(web::fail)
}

/// Does what an event asks for again.
#[server(prefix = "/api", endpoint = "admin/run-event-again")]
pub async fn run_event_again(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "event").map_err(web::fail)?;
    desk.admin.run_event_again(desk.by, id).await.map_err(web::fail)?;
    desk::shown("/admin/events", "event");
    Ok(())
}

/// The newest people who fit the words.
#[server(prefix = "/api", endpoint = "admin/people", input = GetUrl)]
pub async fn people(#[server(default)] words: String) -> Result<Vec<PersonLine>, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.people(&words).await.map_err(web::fail)
}

/// One person.
#[server(prefix = "/api", endpoint = "admin/person", input = GetUrl)]
pub async fn person(#[server(default)] id: String) -> Result<PersonView, AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::look().map_err(web::fail)?;
    let id = desk::id(&id, "person").map_err(web::fail)?;
    desk.admin.person(desk.by, id).await.map_err(web::fail)
}

/// Closes an account off.
#[server(prefix = "/api", endpoint = "admin/suspend")]
pub async fn suspend(#[server(default)] id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "person").map_err(web::fail)?;
    desk.admin.suspend(desk.by, id, &reason).await.map_err(web::fail)?;
    desk::shown(&format!("/admin/people/{id}"), "suspended");
    Ok(())
}

/// Opens an account again.
#[server(prefix = "/api", endpoint = "admin/restore")]
pub async fn restore(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "person").map_err(web::fail)?;
    desk.admin.restore(desk.by, id).await.map_err(web::fail)?;
    desk::shown(&format!("/admin/people/{id}"), "restored");
    Ok(())
}

/// Ends all sessions of a person.
#[server(prefix = "/api", endpoint = "admin/end-sessions")]
pub async fn end_sessions(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "person").map_err(web::fail)?;
    desk.admin.end_sessions(desk.by, id).await.map_err(web::fail)?;
    desk::shown(&format!("/admin/people/{id}"), "ended");
    Ok(())
}

/// People who cannot open the mailbox of their account.
#[server(name = ReadRecoveries, prefix = "/api", endpoint = "admin/recoveries", input = GetUrl)]
pub async fn recoveries() -> Result<Vec<RecoveryLine>, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.recoveries().await.map_err(web::fail)
}

/// Decides whether an account gets the address that was proved for it: only the word `approve` gives it.
#[server(prefix = "/api", endpoint = "admin/decide-recovery")]
pub async fn decide_recovery(
    #[server(default)] id: String,
    #[server(default)] because: String,
    #[server(default)] decision: String,
) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "request").map_err(web::fail)?;
    let approve = decision == "approve";
    if approve {
        desk.admin.approve_recovery(desk.by, id, &because).await.map_err(web::fail)?;
    } else {
        desk.admin.refuse_recovery(desk.by, id, &because).await.map_err(web::fail)?;
    }
    desk::shown("/admin/recoveries", if approve { "approved" } else { "refused" });
    Ok(())
}

/// The newest invitations.
#[server(prefix = "/api", endpoint = "admin/invitations", input = GetUrl)]
pub async fn invitations() -> Result<Vec<InvitationLine>, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.invitations().await.map_err(web::fail)
}

/// Invites an address.
#[server(prefix = "/api", endpoint = "admin/invite")]
pub async fn invite(#[server(default)] email: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    desk.admin.invite(desk.by, &email).await.map_err(web::fail)?;
    desk::shown("/admin/invitations", "invited");
    Ok(())
}

/// Takes an invitation back.
#[server(prefix = "/api", endpoint = "admin/take-back-invitation")]
pub async fn take_back_invitation(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "invitation").map_err(web::fail)?;
    desk.admin.take_back_invitation(desk.by, id).await.map_err(web::fail)?;
    desk::shown("/admin/invitations", "taken_back");
    Ok(())
}

/// Refunds and disputes, the newest first; and the teams that the words name.
#[server(name = ReadMoney, prefix = "/api", endpoint = "admin/money", input = GetUrl)]
pub async fn money(#[server(default)] words: String, #[server(default)] before: String) -> Result<Money, AppError> {
    use crate::{admin::desk::Desk, platform::web};
    Desk::look().map_err(web::fail)?.admin.money(&words, &before).await.map_err(web::fail)
}

/// All about one team's money.
#[server(name = ReadTeamMoney, prefix = "/api", endpoint = "admin/team-money", input = GetUrl)]
pub async fn team_money(#[server(default)] id: String) -> Result<TeamMoney, AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::look().map_err(web::fail)?;
    let id = desk::id(&id, "team").map_err(web::fail)?;
    desk.admin.team_money(id).await.map_err(web::fail)
}

/// Gives a payment back, or a part of it.
#[server(prefix = "/api", endpoint = "admin/refund")]
pub async fn refund(
    #[server(default)] id: String,
    #[server(default)] team: String,
    #[server(default)] invoice: String,
    #[server(default)] amount: String,
    #[server(default)] left: String,
    #[server(default)] because: String,
) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let wanted = desk::refund_wanted(&id, &team, invoice, amount, &left, because).map_err(web::fail)?;
    desk.admin.refund(desk.by, &wanted).await.map_err(web::fail)?;
    desk::shown(&format!("/admin/money/{}", wanted.team), "refunded");
    Ok(())
}

/// Ends a team's plan at once.
#[server(prefix = "/api", endpoint = "admin/end-plan")]
pub async fn end_plan(
    #[server(default)] id: String,
    #[server(default)] team: String,
    #[server(default)] subscription: String,
    #[server(default)] because: String,
) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let wanted = desk::end_wanted(&id, &team, subscription, because).map_err(web::fail)?;
    desk.admin.end_plan(desk.by, &wanted).await.map_err(web::fail)?;
    desk::shown(&format!("/admin/money/{}", wanted.team), "plan_ended");
    Ok(())
}

/// Asks Stripe again for what it has not answered.
#[server(prefix = "/api", endpoint = "admin/try-money-again")]
pub async fn try_money_again(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::{admin::desk, platform::web};
    let desk = desk::Desk::act().map_err(web::fail)?;
    let id = desk::id(&id, "act").map_err(web::fail)?;
    let team = desk.admin.try_money_again(desk.by, id).await.map_err(web::fail)?;
    desk::shown(&format!("/admin/money/{team}"), "money_done");
    Ok(())
}
