//! One handful of calls for a Last.fm name: the account, a page of plays, lists, and further pages.

use time::{Duration, OffsetDateTime};

use super::{
    LISTS_LAST, heard, stale,
    store::{self, Due},
};
use crate::music::{
    lastfm::{PERIODS, Stretch},
    moment::Moment,
    sources::Sources,
    told::Subject,
    trouble::Trouble,
};

/// How many calls one turn makes: enough for a first profile, and few enough that everybody gets a turn.
const CALLS: usize = 11;
/// Plays that were kept on a device without a network are sent later, with the time at which they were.
const OVERLAP: Duration = Duration::DAY;

impl Sources {
    /// Whether there is more to read at once.
    pub(super) async fn sync_lastfm(&self, due: &Due) -> Result<bool, Trouble> {
        let now = self.clock.now();
        let mut calls = CALLS;
        if due.account_read_at.is_none_or(|read_at| read_at <= now - LISTS_LAST) {
            let told = self.lastfm.account(&due.account).await?;
            store::keep_account(&self.db, due.user, due.source, &told, now).await?;
            calls -= 1;
        }
        let mut open = Some(self.stretch(due, now).await?);
        if let Some(stretch) = open {
            open = self.read_page(due, stretch).await?;
            calls -= 1;
        }
        let wanted = PERIODS.into_iter().flat_map(|period| Subject::ALL.map(|subject| (subject, period)));
        let lists = stale(wanted, &store::lists_read(&self.db, due.user, due.source).await?, now);
        let (first, later) = lists.split_at(calls.min(lists.len()));
        for &(subject, period) in first {
            let entries = self.lastfm.top(&due.account, subject, period).await?;
            store::keep_list(&self.db, due.user, due.source, subject, period, &entries, now).await?;
            calls -= 1;
        }
        while let Some(stretch) = open.filter(|_| calls > 0) {
            open = self.read_page(due, stretch).await?;
            calls -= 1;
        }
        Ok(open.is_some() || !later.is_empty())
    }

    /// The stretch that is being read, or a new one from where plays are known up to now.
    async fn stretch(&self, due: &Due, now: OffsetDateTime) -> Result<Stretch, Trouble> {
        if let (Some(to), Some(page)) = (due.stretch_to, due.page) {
            return Ok(Stretch { from: due.stretch_from, to, page });
        }
        let known = due.cursor.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        let stretch = Stretch { from: known.map(|known| known - OVERLAP), to: now, page: 1 };
        store::open_stretch(&self.db, due.user, due.source, &stretch).await?;
        Ok(stretch)
    }

    /// Reads a page and keeps its plays; the next one, unless this was the last.
    async fn read_page(&self, due: &Due, stretch: Stretch) -> Result<Option<Stretch>, Trouble> {
        let page = self.lastfm.recent(&due.account, stretch).await?;
        let plays = page.plays.into_iter().filter_map(|play| heard(play, Moment::Began)).collect();
        let kept = self.music.record(due.user, due.source, plays).await;
        kept.map_err(|error| Trouble::NotKept(error.to_string()))?;
        if stretch.page < page.pages {
            let next = Stretch { page: stretch.page + 1, ..stretch };
            store::turn_page(&self.db, due.user, due.source, next.page, page.pages).await?;
            Ok(Some(next))
        } else {
            let cursor = stretch.to.unix_timestamp().to_string();
            store::close_stretch(&self.db, due.user, due.source, &cursor).await?;
            Ok(None)
        }
    }
}
