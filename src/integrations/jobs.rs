//! What runs without anybody asking.

use std::time::Duration as Every;

use time::Duration;

use super::{Integrations, broker, service::Error, store::system, webhooks::service::TASK};
use crate::platform::jobs::JobTable;

/// How long it is known what happened to a connection.
pub const EVENTS_KEPT: Duration = Duration::days(90);

/// How long it is known what was done through somebody's accounts.
pub const CALLS_KEPT: Duration = Duration::days(365);

const SOON: Every = Every::from_secs(5);
const EACH_MINUTE: Every = Every::from_secs(60);
const EACH_HOUR: Every = Every::from_secs(60 * 60);

/// Adds the work of connections to the table.
#[must_use]
pub fn register(table: JobTable, integrations: &Integrations) -> JobTable {
    let [renewing, looking, revoking, warning] = [(); 4].map(|()| integrations.clone());
    let [posting, waiting] = [(); 2].map(|()| integrations.webhooks().clone());
    table
        .on(TASK, move |payload| {
            let done = posting.job(&payload);
            async move { done }
        })
        .every(SOON, "send_waiting_webhooks", move || {
            let webhooks = waiting.clone();
            async move { Ok(webhooks.look_around().await?) }
        })
        .every(EACH_MINUTE, "renew_due_tokens", move || {
            let integrations = renewing.clone();
            async move {
                let renewed = integrations.renew_due().await?;
                tracing::debug!(renewed, "tokens renewed ahead");
                Ok(())
            }
        })
        .every(EACH_MINUTE, "look_at_connections", move || {
            let integrations = looking.clone();
            async move {
                integrations.look_around().await?;
                Ok(())
            }
        })
        .every(EACH_MINUTE, "give_access_back", move || {
            let integrations = revoking.clone();
            async move {
                integrations.revoke_due().await?;
                Ok(())
            }
        })
        .every(EACH_HOUR, "remind_of_endings", move || {
            let integrations = warning.clone();
            async move {
                integrations.remind().await?;
                Ok(())
            }
        })
}

/// Removes what nobody will read again: visits to consent pages that never came back, questions that nobody answered, events of long ago, and access
/// that could not be given back in time.
///
/// # Errors
/// When the database is away; the next run does it.
pub async fn purge(integrations: &Integrations) -> Result<(), Error> {
    let now = integrations.clock.now();
    let flows = system::purge_flows(&integrations.db, now).await?;
    broker::store::system::purge(&integrations.db, now).await?;
    let choices = system::purge_choices(&integrations.db, now).await?;
    let events = system::purge_events(&integrations.db, now - EVENTS_KEPT).await?;
    let calls = system::purge_calls(&integrations.db, now - CALLS_KEPT).await?;
    let revocations = system::purge_revocations(&integrations.db, now).await?;
    integrations.webhooks().purge().await.map_err(Error::from)?;
    tracing::debug!(flows, choices, events, calls, revocations, "what is over was removed");
    Ok(())
}
