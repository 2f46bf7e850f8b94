//! Work that a change of a person's own leaves behind.

use serde::Deserialize;

use super::{Account, service::REMOVE_PICTURE};
use crate::platform::jobs::JobTable;

#[derive(Deserialize)]
struct RemovePicture {
    key: String,
}

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, account: Account) -> JobTable {
    table.on(REMOVE_PICTURE, move |payload| {
        let account = account.clone();
        async move {
            let RemovePicture { key } = serde_json::from_value(payload)?;
            account.discard_picture(&key).await?;
            Ok(())
        }
    })
}
