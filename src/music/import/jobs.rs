//! Reading imports and taking them back, in the background.

use std::time::Duration;

use serde::Deserialize;

use super::{
    Imports,
    service::{READ, TAKE_BACK},
};
use crate::{kit::id::MusicImportId, platform::jobs::JobTable};

const SWEEP_EVERY: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Import {
    import: MusicImportId,
}

/// Adds the work of this feature.
#[must_use]
pub fn register(table: JobTable, imports: &Imports) -> JobTable {
    let (sweeping, reading, removing) = (imports.clone(), imports.clone(), imports.clone());
    let table = table.every(SWEEP_EVERY, "sweep_music_imports", move || {
        let imports = sweeping.clone();
        async move {
            let gone = imports.sweep().await?;
            tracing::debug!(gone, "files of imports that nobody needs");
            Ok(())
        }
    });
    let table = table.on(READ, move |payload| {
        let imports = reading.clone();
        async move {
            let Import { import } = serde_json::from_value(payload)?;
            Box::pin(imports.read(import)).await?;
            Ok(())
        }
    });
    table.on(TAKE_BACK, move |payload| {
        let imports = removing.clone();
        async move {
            let Import { import } = serde_json::from_value(payload)?;
            imports.take_back(import).await?;
            Ok(())
        }
    })
}
