//! Takes back what an export has made.

use super::{Halt, Turn, write::mark};
use crate::music::export::store;

impl Turn<'_> {
    pub(super) async fn undo(&mut self) -> Result<(), Halt> {
        for part in store::parts(&self.exports.db, self.due.user, &[self.due.id]).await? {
            if part.removed {
                continue;
            }
            self.beat().await?;
            let id = match part.remote_id {
                Some(id) => Some(id),
                // Somebody died while it was made.
                None if part.making => {
                    let found = self.exports.spotify.find(self.door(), &mark(self.due.id, part.number)).await?;
                    found.map(|made| made.id)
                }
                None => None,
            };
            if let Some(id) = id {
                self.exports.spotify.forget(self.door(), &id).await?;
            }
            let mut connection = self.exports.db.acquire().await?;
            store::removed(&mut connection, self.due, part.number).await?;
            self.progress = true;
        }
        Ok(())
    }
}
