//! Sweeps: what can no longer be used goes.

use std::time::Duration;

use super::Identity;
use crate::platform::jobs::JobTable;

/// What is kept for an answer that got lost is of use for half a minute.
const FORGET_EVERY: Duration = Duration::from_secs(30);
const PURGE_EVERY: Duration = Duration::from_secs(10 * 60);

/// Adds the sweeps of this feature.
#[must_use]
pub fn register(table: JobTable, identity: Identity) -> JobTable {
    let keeper = identity.clone();
    let table = table.every(FORGET_EVERY, "forget_lost_answers", move || {
        let identity = keeper.clone();
        async move {
            identity.forget_successors().await?;
            Ok(())
        }
    });
    table.every(PURGE_EVERY, "purge_sign_ins", move || {
        let identity = identity.clone();
        async move {
            let gone = identity.purge().await?;
            tracing::debug!(gone, "old sign-ins and sessions removed");
            Ok(())
        }
    })
}
