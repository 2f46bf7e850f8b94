//! Coming back from Stripe's page. Nothing here signs anybody in: the address only names a session, and the row says
//! whose it is.

use std::time::Duration as Wait;

use stripe_checkout::checkout_session::RetrieveCheckoutSession;
use tokio::time::timeout;
use url::Url;

use super::{Billing, overview::moment_of};
use crate::{
    billing::{
        BillingError,
        model::{Entitlement, Standing},
        shown::{Arrival, Cancelled},
        store::{self, checkouts::CheckoutRow},
        stripe::objects::CheckoutSession,
    },
    identity::session::Session,
    kit::id::{CheckoutId, UserId},
    team::model::Role,
};

/// The page is drawn meanwhile. What takes longer is found by its next reload, or by an event.
const DEADLINE: Wait = Wait::from_secs(4);

impl Billing {
    /// What became of a payment, asked of Stripe now where it is not known yet. Whether events come does not matter.
    ///
    /// # Errors
    /// When it is no payment of a team whose money the person sees, or the database fails.
    pub async fn arrive(&self, viewer: &Session, session: &str) -> Result<Arrival, BillingError> {
        let row = self.paid_in(viewer.user, session).await?;
        if matches!(row.state.as_str(), "open" | "processing") {
            match timeout(DEADLINE, self.ask_what_became(&row)).await {
                Ok(Ok(())) => {}
                Ok(Err(BillingError::Stripe(error))) => {
                    tracing::warn!(%error, "a payment could not be asked about");
                    return Ok(Arrival::Confirming);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Ok(Arrival::Confirming),
            }
        }
        let row = self.paid_in(viewer.user, session).await?;
        let mut connection = self.parts.db.acquire().await?;
        let live = store::shown::live(&mut connection, row.team).await?;
        let unpaid = store::shown::unpaid(&mut connection, row.team).await?;
        let to_pay = || unpaid.as_ref().and_then(|invoice| invoice.hosted_url.clone()).map(|url| self.outside(&url));
        let entitlement: Entitlement = self.entitlement(&mut connection, row.team).await?;
        let bought = self.parts.plans.get(&row.plan).map_or_else(|| row.plan.clone(), |plan| plan.name.clone());
        let trial = || match entitlement.standing {
            Standing::Trial(until) => {
                let days = self.days(viewer);
                let subscribed = live.first().and_then(|row| self.subscribed(row, &days))?;
                Some(subscribed.after_trial(&days.day(moment_of(until)?)))
            }
            _ => None,
        };
        Ok(match row.state.as_str() {
            "expired" => Arrival::Expired,
            "failed" => Arrival::Failed,
            "open" => Arrival::NotPaid,
            state => match live.first() {
                Some(subscription) if subscription.status == "incomplete" => Arrival::Unfinished { pay: to_pay() },
                _ if entitlement.plan == row.plan && state == "complete" => {
                    Arrival::Done { plan: bought, trial: trial() }
                }
                Some(_) if state == "processing" => Arrival::Processing,
                None if state == "processing" => Arrival::Failed,
                Some(_) => Arrival::Confirming,
                None => Arrival::Over,
            },
        })
    }

    /// What became of an attempt that was left at Stripe's page.
    ///
    /// # Errors
    /// When it is none of theirs, or the database fails.
    pub async fn turn_back(&self, user: UserId, checkout: CheckoutId) -> Result<Cancelled, BillingError> {
        let row = self.own_checkout(user, checkout).await?;
        let open = row.state == "open" && row.url.is_some() && row.expires_at > self.parts.clock.now();
        Ok(if open { Cancelled::CanGoOn } else { Cancelled::Over })
    }

    async fn paid_in(&self, user: UserId, session: &str) -> Result<CheckoutRow, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let teams = self.parts.teams.teams_of(&mut connection, user).await?;
        let teams: Vec<_> = teams.into_iter().filter(|team| team.role != Role::Member).map(|team| team.id).collect();
        let row = store::checkouts::of_session(&mut connection, &teams, session).await?;
        row.ok_or(BillingError::NotFound("payment"))
    }

    async fn ask_what_became(&self, row: &CheckoutRow) -> Result<(), BillingError> {
        let Some(session) = &row.stripe_session else { return Ok(()) };
        let session: CheckoutSession = self.stripe()?.read(&RetrieveCheckoutSession::new(session.clone())).await?;
        if session.status.as_deref() == Some("complete") && row.state == "processing" {
            self.sync_customer(&row.stripe_customer).await?;
        }
        self.settle_by(row, &session).await
    }

    /// An address at Stripe as a browser finds it.
    pub(super) fn outside(&self, url: &str) -> String {
        let found = Url::parse(url).ok().filter(|url| url.scheme() == "https");
        match (found, &self.parts.stripe) {
            (Some(url), Some(stripe)) => stripe.address(&url).into(),
            _ => String::new(),
        }
    }
}
