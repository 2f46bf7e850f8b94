//! The sweep that removes whoever has left.

use std::time::Duration;

use super::Departures;
use crate::platform::jobs::JobTable;

const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, departures: Departures) -> JobTable {
    table.every(SWEEP_EVERY, "remove_who_left", move || {
        let departures = departures.clone();
        async move {
            let gone = departures.sweep().await?;
            tracing::debug!(gone, "accounts removed");
            Ok(())
        }
    })
}
