//! The use-cases of billing, one file each.

mod acts;
mod adjust;
mod arrival;
mod banner;
mod change;
mod checkout;
mod closed;
mod convert;
mod customer;
mod desk;
mod end;
mod hear;
mod notices;
mod overview;
mod portal;
mod prices;
mod read;
mod reconcile;
mod refund;
mod sync;
mod twice;
mod usage;
mod waiting;

use std::sync::Arc;

use sqlx::PgConnection;
use time::Duration;
use tokio::sync::Semaphore;
use url::Url;

use super::{BillingError, entitlement::entitlement, model::Entitlement, plans::Plans, store, stripe::Stripe};
use crate::{
    account::notifications::Board,
    identity::Identity,
    kit::id::{TeamId, UserId},
    platform::{
        bus::Bus, clock::Clock, crypto::Keys, db::Db, jobs::Jobs, limits::Limits, mail::Outbox, random::Random,
        webhooks::Webhooks,
    },
    team::Teams,
};

pub use acts::{About, Act};
pub use change::Agreed;
pub use checkout::Wanted;
pub use desk::{Back, Books, Known, Payment};
pub use end::EndWanted;
pub use hear::SOURCE;
pub(super) use overview::moment_of;
pub use reconcile::Repaired;
pub use refund::RefundWanted;
pub use sync::Synced;
pub use usage::Taken;

/// How many customers are read at once; far fewer than there are connections to the database.
const READ_AT_ONCE: usize = 6;

/// What billing is made of.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub keys: Keys,
    pub bus: Bus,
    pub jobs: Jobs,
    pub limits: Limits,
    pub outbox: Outbox,
    pub webhooks: Webhooks,
    pub board: Board,
    pub identity: Identity,
    pub teams: Teams,
    /// The plans of this installation.
    pub plans: Plans,
    /// None: nothing is sold, and everybody has the free plan.
    pub stripe: Option<Stripe>,
    /// How long a plan stays after a payment failed.
    pub grace: Duration,
    /// How many tokens the model may take on a day of UTC, for everybody together.
    pub daily_tokens: Option<u64>,
    /// Where people find this installation.
    pub public_url: Url,
}

/// Plans, subscriptions, invoices.
#[derive(Clone)]
pub struct Billing {
    pub(super) parts: Arc<Parts>,
    /// Reading a customer holds a connection while Stripe answers: some go on at once, the others wait without one.
    turns: Arc<Semaphore>,
}

impl Billing {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), turns: Arc::new(Semaphore::new(READ_AT_ONCE)) }
    }

    /// The plans of this installation.
    #[must_use]
    pub fn plans(&self) -> &Plans {
        &self.parts.plans
    }

    /// Whether anything can be bought here.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.parts.stripe.is_some()
    }

    /// The way to Stripe.
    ///
    /// # Errors
    /// When this installation sells nothing.
    pub(super) fn stripe(&self) -> Result<&Stripe, BillingError> {
        self.parts.stripe.as_ref().ok_or(BillingError::NotSetUp)
    }

    /// What a team may do at this moment: one query, never cached, so that every process sees a change at once.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn entitlement(&self, connection: &mut PgConnection, team: TeamId) -> Result<Entitlement, BillingError> {
        let subscriptions = store::subscriptions::of_team(connection, team).await?;
        Ok(entitlement(&self.parts.plans, &subscriptions, self.parts.clock.now(), self.parts.grace))
    }

    /// How many connections a person may have: as many as the best plan of their teams says.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn most_connections(&self, connection: &mut PgConnection, user: UserId) -> Result<u32, BillingError> {
        let teams = self.parts.teams.teams_of(connection, user).await?;
        let teams: Vec<TeamId> = teams.iter().map(|team| team.id).collect();
        let subscriptions = store::subscriptions::of_teams(connection, &teams).await?;
        let (now, grace) = (self.parts.clock.now(), self.parts.grace);
        // Limits that all have of themselves do not add up, so it does not matter which team a subscription is of.
        let most = subscriptions
            .iter()
            .map(|one| entitlement(&self.parts.plans, std::slice::from_ref(one), now, grace).limits.connections)
            .max();
        Ok(most.unwrap_or_default().max(self.parts.plans.free().limits.connections))
    }
}
