//! The visit of a person to the pages of billing: who it is, and what they typed, for the service.

use axum_extra::extract::cookie::{Cookie, SameSite};
use leptos::prelude::expect_context;
use time::Duration;

use super::{
    Billing, BillingError,
    model::Period,
    service::{Agreed, Wanted},
    shown::{Arrival, Cancelled, Changed, Choice, Departure, Leaving, Overview, PlanNotice},
};
use crate::{
    error::{AppError, ErrorKind},
    identity::session::{self, Session},
    kit::{
        id::{CheckoutId, TeamId},
        money::Money,
    },
    platform::web,
};

/// The address of a page at Stripe that a form has opened, for the page that leads there.
const WAY_OUT: &str = "__Host-aura-way-out";
const WAY_OUT_LASTS: Duration = Duration::seconds(60);

fn arrive() -> Result<(Session, Billing), AppError> {
    Ok((session::require().map_err(web::fail)?, expect_context::<Billing>()))
}

pub(super) async fn overview() -> Result<Overview, AppError> {
    let (session, billing) = arrive()?;
    billing.overview(&session).await.map_err(web::fail)
}

/// A change of a plan that is paid needs a plan, a period and seats; whatever else the address says is no change.
pub(super) async fn choice(plan: String, period: &str, seats: &str) -> Result<Choice, AppError> {
    let (session, billing) = arrive()?;
    let asked = Period::parse(period).filter(|_| !plan.is_empty()).map(|period| (plan, period));
    let asked = match asked {
        Some((plan, period)) => Some((plan, period, count(seats).map_err(web::fail)?)),
        None => None,
    };
    billing.choice(&session, asked).await.map_err(web::fail)
}

pub(super) async fn notice() -> Result<Option<PlanNotice>, AppError> {
    let (session, billing) = arrive()?;
    billing.notice(&session).await.map_err(web::fail)
}

pub(super) async fn checkout(team: TeamId, plan: String, period: &str, seats: &str) -> Result<Departure, AppError> {
    let (session, billing) = arrive()?;
    let wanted = wanted(team, plan, period, seats).map_err(web::fail)?;
    let url = billing.checkout(session.user, &wanted).await.map_err(web::fail)?;
    web::after_form("/billing/leave");
    Ok(Departure { url: url.into() })
}

pub(super) async fn portal(team: TeamId) -> Result<Departure, AppError> {
    let (session, billing) = arrive()?;
    let url = billing.portal(session.user, team).await.map_err(web::fail)?;
    let way_out = Cookie::build((WAY_OUT, billing.way_out(session.user, &url)))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(WAY_OUT_LASTS);
    web::set_cookie(&way_out.build());
    web::after_form("/billing/leave?to=portal");
    Ok(Departure { url: url.into() })
}

pub(super) async fn leaving(to: &str) -> Result<Leaving, AppError> {
    let (session, billing) = arrive()?;
    if to == "portal" {
        let url = web::cookie(WAY_OUT).and_then(|way| billing.follow_way_out(session.user, &way));
        let url = url.ok_or_else(|| web::fail(AppError::not_found("way out")))?;
        return Ok(Leaving { url: url.into(), plan: None });
    }
    let (url, plan) = billing.departure(&session).await.map_err(web::fail)?;
    Ok(Leaving { url: url.into(), plan: Some(plan) })
}

pub(super) async fn arrived(session_id: &str) -> Result<Arrival, AppError> {
    let (session, billing) = arrive()?;
    billing.arrive(&session, session_id).await.map_err(web::fail)
}

pub(super) async fn turned_back(checkout: CheckoutId) -> Result<Cancelled, AppError> {
    let (session, billing) = arrive()?;
    billing.turn_back(session.user, checkout).await.map_err(web::fail)
}

/// What is done now is done for the amount and the moment that were shown.
pub(super) async fn change(
    team: TeamId,
    (plan, period, seats): (String, &str, &str),
    (at, due, currency): (&str, &str, &str),
) -> Result<Changed, AppError> {
    let (session, billing) = arrive()?;
    let wanted = wanted(team, plan, period, seats).map_err(web::fail)?;
    let agreed = match (at.parse(), due.parse(), currency.parse()) {
        (Ok(at), Ok(minor), Ok(currency)) => Some(Agreed { at, due: Money::new(minor, currency) }),
        _ => None,
    };
    let changed = billing.change(&session, &wanted, agreed).await.map_err(web::fail)?;
    web::redirect(match changed {
        Changed::Done => "/billing?done=changed",
        Changed::Waits => "/billing?done=waits",
        Changed::ToPay { .. } => "/billing?done=to-pay",
    });
    Ok(changed)
}

pub(super) async fn cancel(team: TeamId) -> Result<(), AppError> {
    let (session, billing) = arrive()?;
    billing.cancel(&session, team).await.map_err(web::fail)?;
    web::redirect("/billing?done=cancelled");
    Ok(())
}

pub(super) async fn resume(team: TeamId) -> Result<(), AppError> {
    let (session, billing) = arrive()?;
    billing.resume(&session, team).await.map_err(web::fail)?;
    web::redirect("/billing?done=resumed");
    Ok(())
}

fn wanted(team: TeamId, plan: String, period: &str, seats: &str) -> Result<Wanted, AppError> {
    let period = Period::parse(period).ok_or(BillingError::UnknownPlan)?;
    Ok(Wanted { team, plan, period, seats: count(seats)? })
}

/// One where nothing was typed.
fn count(seats: &str) -> Result<u32, AppError> {
    match seats.trim() {
        "" => Ok(1),
        typed => typed.parse().map_err(|_| {
            AppError::new(ErrorKind::Unprocessable, "seats_wrong", "Type the number of seats in digits.")
                .on_field("seats")
        }),
    }
}
