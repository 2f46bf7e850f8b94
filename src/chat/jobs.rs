//! What chat does without being asked: runs whose process died are settled, readings removed that are old or to be
//! forgotten, conversations taken out of a team that their person has left, and new ones named by the model.

use std::time::Duration;

use serde::Deserialize;

use super::service::Chat;
use crate::{
    integrations::FORGET_READINGS,
    kit::id::{ConnectionId, TeamId, UserId},
    platform::jobs::JobTable,
    team,
};

const SWEEP: Duration = Duration::from_secs(5);
const LOOK_AFTER: Duration = Duration::from_secs(30);
const NAME: Duration = Duration::from_secs(2);
const REMOVE: Duration = Duration::from_secs(3600);

/// A connection whose readings are to be forgotten, and whose it was.
#[derive(Deserialize)]
struct Forgotten {
    user: UserId,
    connection: ConnectionId,
}

/// Somebody who is no longer in a team.
#[derive(Deserialize)]
struct Left {
    user: UserId,
    team: TeamId,
}

/// Adds chat's work to the table.
#[must_use]
pub fn register(table: JobTable, chat: &Chat) -> JobTable {
    let [sweeping, removing, forgetting, leaving, waiting, naming] = [(); 6].map(|()| chat.clone());
    table
        .on(team::LEFT, move |payload| {
            let chat = leaving.clone();
            async move {
                let Left { user, team } = serde_json::from_value(payload)?;
                chat.take_home(user, team).await?;
                Ok(())
            }
        })
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
        .every(NAME, "name_conversations", move || {
            let chat = naming.clone();
            async move {
                chat.name_conversations().await?;
                Ok(())
            }
        })
        .every(LOOK_AFTER, "look_after_waiting_runs", move || {
            let chat = waiting.clone();
            async move {
                chat.look_after_waiting().await?;
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
