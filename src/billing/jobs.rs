//! What billing does beside answering.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::{Billing, STRIPE};
use crate::{
    kit::id::{BillingActId, TeamId},
    platform::{
        jobs::{JobTable, Jobs, JobsError},
        webhooks::Handlers,
    },
    team,
};

/// Reads a customer anew.
const SYNC: &str = "billing_sync";
/// Does what an operator has begun about a team's money.
const ACT: &str = "billing_act";
/// Stripe posts what happens; this finds what was lost on the way. It also runs once when a process starts.
const RECONCILE_EVERY: Duration = Duration::from_secs(10 * 60);

#[derive(Deserialize)]
struct OfCustomer {
    customer: String,
}

#[derive(Deserialize)]
struct OfAct {
    act: BillingActId,
}

#[derive(Deserialize)]
struct OfTeam {
    team: TeamId,
}

/// Has a customer read anew.
pub(super) async fn enqueue_sync(jobs: &Jobs, tx: &mut PgConnection, customer: &str) -> Result<(), JobsError> {
    jobs.enqueue(tx, SYNC, Some(customer), json!({ "customer": customer })).await
}

/// Has an operator's act done, also where whoever began it does not come to it.
pub(super) async fn enqueue_act(jobs: &Jobs, tx: &mut PgConnection, act: BillingActId) -> Result<(), JobsError> {
    jobs.enqueue(tx, ACT, Some(&act.to_string()), json!({ "act": act })).await
}

/// Handles the posts of Stripe.
#[must_use]
pub fn handlers(handlers: Handlers, billing: Billing) -> Handlers {
    handlers.on(STRIPE, move |post| {
        let billing = billing.clone();
        async move { billing.hear(post).await }
    })
}

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, billing: &Billing) -> JobTable {
    let (syncing, moving, leaving, closing) = (billing.clone(), billing.clone(), billing.clone(), billing.clone());
    let (reconciling, pricing, acting) = (billing.clone(), billing.clone(), billing.clone());
    table
        .on(ACT, move |payload| {
            let billing = acting.clone();
            async move {
                let OfAct { act } = serde_json::from_value(payload)?;
                Ok(billing.finish_act(act).await?)
            }
        })
        .on(SYNC, move |payload| {
            let billing = syncing.clone();
            async move {
                let OfCustomer { customer } = serde_json::from_value(payload)?;
                billing.sync_customer(&customer).await?;
                Ok(())
            }
        })
        .on(team::MEMBERS_CHANGED, move |payload| {
            let billing = moving.clone();
            async move {
                let OfTeam { team } = serde_json::from_value(payload)?;
                Ok(billing.follow_members(team, false).await?)
            }
        })
        .on(team::MEMBER_GONE, move |payload| {
            let billing = leaving.clone();
            async move {
                let OfTeam { team } = serde_json::from_value(payload)?;
                Ok(billing.follow_members(team, true).await?)
            }
        })
        .on(team::CLOSED, move |payload| {
            let billing = closing.clone();
            async move {
                let OfTeam { team } = serde_json::from_value(payload)?;
                Ok(billing.close(team).await?)
            }
        })
        .every(RECONCILE_EVERY, "billing_prices", move || {
            let billing = pricing.clone();
            async move {
                billing.forget_old_checkouts().await?;
                Ok(billing.refresh_stale_prices().await?)
            }
        })
        .every(RECONCILE_EVERY, "billing_reconcile", move || {
            let billing = reconciling.clone();
            async move {
                billing.reconcile().await?;
                Ok(())
            }
        })
}
