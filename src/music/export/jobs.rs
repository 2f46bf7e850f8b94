//! Exports in the background.

use std::time::Duration as Every;

use super::{Exports, service::TASK};
use crate::platform::jobs::{JobFailed, JobTable};

const SWEEP: Every = Every::from_secs(10);

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, exports: &Exports) -> JobTable {
    let (one, all) = (exports.clone(), exports.clone());
    table
        .on(TASK, move |payload| {
            let exports = one.clone();
            async move {
                let id = payload["export"].as_str().and_then(|id| id.parse().ok());
                let id = id.ok_or_else(|| JobFailed::for_good("no export is named"))?;
                Ok(Box::pin(exports.run_one(id)).await?)
            }
        })
        .every(SWEEP, "export_playlists", move || {
            let exports = all.clone();
            // Each goes into the queue, so that no sweep is as long as an export.
            async move { Ok(exports.wake_due().await?) }
        })
}
