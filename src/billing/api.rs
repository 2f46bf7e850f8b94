//! What the pages of billing ask of the server. Every form works without a script: the answer is then a redirect.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::shown::{Arrival, Cancelled, Changed, Choice, Departure, Leaving, Overview, PlanNotice};
use crate::{
    error::AppError,
    kit::id::{CheckoutId, TeamId},
};

/// The plan of the team that the person works for.
#[server(name = ReadBilling, prefix = "/api", endpoint = "billing/overview", input = GetUrl)]
pub async fn overview() -> Result<Overview, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::overview().await
}

/// The plans for that team, and the change that the address names.
#[server(name = ReadPlans, prefix = "/api", endpoint = "billing/plans", input = GetUrl)]
pub async fn choice(
    #[server(default)] plan: String,
    #[server(default)] period: String,
    #[server(default)] seats: String,
) -> Result<Choice, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::choice(plan, &period, &seats).await
}

/// What every page has to say of the plan.
#[server(name = ReadNotice, prefix = "/api", endpoint = "billing/notice", input = GetUrl)]
pub async fn plan_notice() -> Result<Option<PlanNotice>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::notice().await
}

/// Begins to buy a plan, on Stripe's page.
#[server(prefix = "/api", endpoint = "billing/checkout")]
pub async fn start_checkout(
    team: TeamId,
    plan: String,
    #[server(default)] period: String,
    #[server(default)] seats: String,
) -> Result<Departure, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::checkout(team, plan, &period, &seats).await
}

/// Opens Stripe's portal.
#[server(prefix = "/api", endpoint = "billing/portal")]
pub async fn open_portal(team: TeamId) -> Result<Departure, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::portal(team).await
}

/// Where the page leads that stands between here and Stripe.
#[server(name = ReadWayOut, prefix = "/api", endpoint = "billing/leaving", input = GetUrl)]
pub async fn leaving(#[server(default)] to: String) -> Result<Leaving, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::leaving(&to).await
}

/// What became of a payment.
#[server(prefix = "/api", endpoint = "billing/arrived", input = GetUrl)]
pub async fn arrived(#[server(default)] session_id: String) -> Result<Arrival, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::arrived(&session_id).await
}

/// What became of an attempt that was left at Stripe.
#[server(prefix = "/api", endpoint = "billing/turned-back", input = GetUrl)]
pub async fn turned_back(checkout: CheckoutId) -> Result<Cancelled, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::turned_back(checkout).await
}

/// Changes the plan, its period or its seats, for the amount that was shown.
#[server(prefix = "/api", endpoint = "billing/change")]
pub async fn change_plan(
    team: TeamId,
    plan: String,
    period: String,
    #[server(default)] seats: String,
    #[server(default)] at: String,
    #[server(default)] due: String,
    #[server(default)] currency: String,
) -> Result<Changed, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::change(team, (plan, &period, &seats), (&at, &due, &currency)).await
}

/// Lets the plan end with what is paid.
#[server(prefix = "/api", endpoint = "billing/cancel")]
pub async fn cancel_plan(team: TeamId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::cancel(team).await
}

/// Lets the plan go on as it is.
#[server(prefix = "/api", endpoint = "billing/resume")]
pub async fn resume_plan(team: TeamId) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::resume(team).await
}
