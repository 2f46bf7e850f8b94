//! Work that deleted and interrupted files leave behind.

use std::time::Duration;

use serde::Deserialize;

use super::{
    UserFiles,
    service::{REMOVE_FILE, REMOVE_FILES},
};
use crate::platform::jobs::JobTable;

const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

#[derive(Deserialize)]
struct RemoveFile {
    key: String,
}

#[derive(Deserialize)]
struct RemoveFiles {
    keys: Vec<String>,
}

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, files: UserFiles) -> JobTable {
    let (sweeping, removing) = (files.clone(), files.clone());
    let table = table.every(SWEEP_EVERY, "sweep_files", move || {
        let files = sweeping.clone();
        async move {
            let gone = files.sweep().await?;
            tracing::debug!(gone, "files that nobody has");
            Ok(())
        }
    });
    let table = table.on(REMOVE_FILES, move |payload| {
        let files = removing.clone();
        async move {
            let RemoveFiles { keys } = serde_json::from_value(payload)?;
            files.discard_all(keys).await?;
            Ok(())
        }
    });
    table.on(REMOVE_FILE, move |payload| {
        let files = files.clone();
        async move {
            let RemoveFile { key } = serde_json::from_value(payload)?;
            files.discard(&key).await?;
            Ok(())
        }
    })
}
