//! Sweeps: what can no longer be used goes.

use std::time::Duration;

use super::Identity;
use crate::platform::jobs::JobTable;

const PURGE_EVERY: Duration = Duration::from_secs(10 * 60);

/// Adds the sweeps of this feature.
#[must_use]
pub fn register(table: JobTable, identity: Identity) -> JobTable {
    table.every(PURGE_EVERY, "purge_sign_ins", move || {
        let identity = identity.clone();
        async move {
            let gone = identity.purge().await?;
            tracing::debug!(gone, "old sign-ins and sessions removed");
            Ok(())
        }
    })
}
