//! Work that a change of a person's own leaves behind.

use std::time::Duration;

use serde::Deserialize;

use super::{Account, service::REMOVE_PICTURE};
use crate::platform::jobs::JobTable;

const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

#[derive(Deserialize)]
struct RemovePicture {
    key: String,
}

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, account: Account) -> JobTable {
    let sweeping = account.clone();
    let table = table.every(SWEEP_EVERY, "sweep_pictures", move || {
        let account = sweeping.clone();
        async move {
            let gone = account.sweep_pictures().await?;
            tracing::debug!(gone, "pictures that nobody has removed");
            Ok(())
        }
    });
    table.on(REMOVE_PICTURE, move |payload| {
        let account = account.clone();
        async move {
            let RemovePicture { key } = serde_json::from_value(payload)?;
            account.discard_picture(&key).await?;
            Ok(())
        }
    })
}
