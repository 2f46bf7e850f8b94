//! What chat does without being asked: runs whose process died are settled, readings removed that are old or to be
//! forgotten.

use std::time::Duration;

use serde::Deserialize;

use super::service::Chat;
use crate::{
    integrations::FORGET_READINGS,
    kit::id::{ConnectionId, UserId},
    platform::jobs::JobTable,
};

const SWEEP: Duration = Duration::from_secs(5);
const REMOVE: Duration = Duration::from_secs(3600);

/// A connection whose readings are to be forgotten, and whose it was.
#[derive(Deserialize)]
struct Forgotten {
    user: UserId,
    connection: ConnectionId,
}

/// Adds chat's work to the table.
#[must_use]
pub fn register(table: JobTable, chat: &Chat) -> JobTable {
    let (sweeping, removing, forgetting) = (chat.clone(), chat.clone(), chat.clone());
    table
        .on(FORGET_READINGS, move |payload| {
            let chat = forgetting.clone();
            async move {
                let Forgotten { user, connection } = serde_json::from_value(payload)?;
                chat.forget_readings(user, connection).await?;
                Ok(())
            }
        })
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
