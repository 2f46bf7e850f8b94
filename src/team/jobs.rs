//! What is removed without being asked.

use std::time::Duration;

use super::Teams;
use crate::platform::jobs::JobTable;

const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, teams: Teams) -> JobTable {
    table.every(SWEEP_EVERY, "remove_old_invitations", move || {
        let teams = teams.clone();
        async move {
            let gone = teams.purge().await?;
            tracing::debug!(gone, "invitations to teams that had ended");
            Ok(())
        }
    })
}
