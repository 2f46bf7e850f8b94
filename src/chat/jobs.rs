//! What chat does without being asked: runs whose process died are settled, old readings removed.

use std::time::Duration;

use super::service::Chat;
use crate::platform::jobs::JobTable;

const SWEEP: Duration = Duration::from_secs(5);
const REMOVE: Duration = Duration::from_secs(3600);

/// Adds chat's work to the table.
#[must_use]
pub fn register(table: JobTable, chat: &Chat) -> JobTable {
    let (sweeping, removing) = (chat.clone(), chat.clone());
    table
        .every(SWEEP, "settle_abandoned_runs", move || {
            let chat = sweeping.clone();
            async move {
                let settled = chat.settle_abandoned().await?;
                if settled > 0 {
                    tracing::warn!(settled, "answers had lost their process");
                }
                Ok(())
            }
        })
        .every(REMOVE, "remove_old_readings", move || {
            let chat = removing.clone();
            async move {
                chat.remove_old_readings().await?;
                Ok(())
            }
        })
}
