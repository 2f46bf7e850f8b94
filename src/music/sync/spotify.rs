//! One handful of calls through a Spotify connection: what was played last, and lists once a day.

use time::Duration;

use super::{
    heard, stale,
    store::{self, Due},
};
use crate::{
    kit::id::ConnectionId,
    music::{
        moment::Moment,
        sources::Sources,
        spotify::{PERIODS, SERVICE, SUBJECTS},
        trouble::Trouble,
    },
};

impl Sources {
    /// Whether there is more to read at once; there never is.
    pub(super) async fn sync_spotify(&self, due: &Due) -> Result<bool, Trouble> {
        let connection = due.connection.ok_or(Trouble::NotConnected)?;
        let through = self.integrations.through(due.user, connection).await?.ok_or(Trouble::NotConnected)?;
        // An app that has to wait makes nobody wait who has another one.
        let app = through.own_app.map_or_else(|| SERVICE.to_owned(), |own| format!("{SERVICE}:{own}"));
        let now = self.clock.now();
        if let Some(rests) = store::cooldown(&self.db, &app, now).await? {
            let seconds = (rests.until - now).whole_seconds() + 1;
            let retry_after = u32::try_from(seconds).unwrap_or(u32::MAX);
            let spent = rests.code == Trouble::QuotaUsedUp { retry_after }.code();
            return Err(if spent {
                Trouble::QuotaUsedUp { retry_after }
            } else {
                Trouble::RateLimited { retry_after }
            });
        }
        let read = self.read_through(due, connection).await;
        if let Err(trouble) = &read
            && trouble.is_of_the_app()
        {
            let now = self.clock.now();
            let until = now + Duration::seconds(i64::from(trouble.retry_after().unwrap_or(1)));
            store::cool_down(&self.db, &app, until, trouble.code()).await?;
        }
        read.map(|()| false)
    }

    async fn read_through(&self, due: &Due, connection: ConnectionId) -> Result<(), Trouble> {
        let now = self.clock.now();
        let page = self.spotify.recent(due.user, connection, &due.cursor, now).await?;
        // It is said nowhere whether a play began or ended at its moment.
        let plays = page.plays.into_iter().filter_map(|play| heard(play, Moment::Around)).collect();
        let kept = self.music.record(due.user, due.source, plays).await;
        kept.map_err(|error| Trouble::NotKept(error.to_string()))?;
        if let Some(after) = &page.after {
            store::close_stretch(&self.db, due.user, due.source, after).await?;
        }
        let wanted = PERIODS.into_iter().flat_map(|period| SUBJECTS.map(|subject| (subject, period)));
        for (subject, period) in stale(wanted, &store::lists_read(&self.db, due.user, due.source).await?, now) {
            let entries = self.spotify.top(due.user, connection, subject, period, now).await?;
            store::keep_list(&self.db, due.user, due.source, subject, period, &entries, now).await?;
        }
        Ok(())
    }
}
