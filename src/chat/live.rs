//! The sheets of the runs that this process writes. Who follows such a run here hears from its sheet what is written and
//! what will be, and asks neither the database nor the bus.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::sheet::Sheet;
use crate::kit::id::{RunId, UserId};

/// All of them, by their run.
#[derive(Clone, Default)]
pub(super) struct LiveRuns(Arc<Mutex<HashMap<RunId, Arc<Sheet>>>>);

/// A run is written here for as long as this lives.
pub(super) struct Presence {
    runs: LiveRuns,
    run: RunId,
}

impl LiveRuns {
    fn map(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Sheet>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, run: RunId, sheet: &Arc<Sheet>) -> Presence {
        self.map().insert(run, sheet.clone());
        Presence { runs: self.clone(), run }
    }

    /// The sheet of a run of theirs, where it is written here.
    pub(super) fn find(&self, user: UserId, run: RunId) -> Option<Arc<Sheet>> {
        self.map().get(&run).filter(|sheet| sheet.is_of(user)).cloned()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let sheet = self.runs.map().remove(&self.run);
        // First it is gone, then they are told: nobody finds it again.
        if let Some(sheet) = sheet {
            sheet.close();
        }
    }
}
