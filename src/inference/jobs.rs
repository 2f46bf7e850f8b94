//! What is done without being asked: each process looks which models are there, soon after its start and once a day.

use std::time::Duration;

use super::Inference;
use crate::platform::jobs::JobTable;

/// How often it is asked whether a look is due.
const SWEEP: Duration = Duration::from_secs(10 * 60);

/// Adds the work to the table.
#[must_use]
pub fn register(table: JobTable, inference: &Inference) -> JobTable {
    let inference = inference.clone();
    table.every(SWEEP, "look_at_models", move || {
        let inference = inference.clone();
        async move {
            // Many addresses have no list of models: that is no fault of this installation.
            if let Err(error) = inference.look_at_models().await {
                tracing::info!(%error, "the list of models could not be read");
            }
            Ok(())
        }
    })
}
