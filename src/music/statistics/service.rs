//! Reads what was counted, for a person, a period and a time zone.

use time::{Duration, OffsetDateTime};
use time_tz::{OffsetDateTimeExt as _, Tz, timezones};
use uuid::Uuid;

use super::{
    days,
    model::{Day, End, Figures, Listen, Move, Ranked, Session, Streak},
    period::{Period, Range},
    store::{self, Between},
    zone::{self, Span},
};
use crate::{
    kit::id::UserId,
    platform::{clock::Clock, db::Db},
};

/// The statistics of what people listened to.
#[derive(Clone)]
pub struct Statistics {
    db: Db,
    clock: Clock,
}

/// Whose, of when, and where that is: what all statistics of a page share.
#[derive(Clone, Debug)]
pub struct View {
    user: UserId,
    now: OffsetDateTime,
    life: Option<(OffsetDateTime, OffsetDateTime)>,
    zone: &'static Tz,
    period: Period,
    /// The days that the period is.
    pub range: Range,
    spans: Vec<Span>,
    between: Between,
}

impl View {
    /// When it was looked at.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The first play and the last of all time.
    #[must_use]
    pub fn life(&self) -> Option<(OffsetDateTime, OffsetDateTime)> {
        self.life
    }

    /// The years between these, in their order.
    #[must_use]
    pub fn years(&self) -> Vec<i32> {
        let year = |moment: OffsetDateTime| moment.to_timezone(self.zone).year();
        self.life.map(|(first, last)| (year(first)..=year(last)).collect()).unwrap_or_default()
    }
}

impl Statistics {
    /// Over these.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Looks at a period of a person. A zone that is not known is universal time.
    pub async fn view(&self, user: UserId, period: Period, zone: &str) -> sqlx::Result<View> {
        let zone = timezones::get_by_name(zone).unwrap_or(timezones::db::UTC);
        let life = store::life(&mut *self.db.acquire().await?, user).await?;
        let now = self.clock.now();
        let range = period.days(now, zone, life.map(|(first, _)| first));
        let everything = life.is_none_or(|(first, last)| range.from <= first && last < range.to);
        Ok(View {
            user,
            now,
            life,
            zone,
            period,
            range,
            spans: zone::spans(zone, zone::quarter(range.from), zone::quarter(range.to)),
            between: (!everything).then_some((range.from, range.to.max(range.from))),
        })
    }

    /// The period before this one, as long; none where it has none.
    #[must_use]
    pub fn before(view: &View) -> Option<View> {
        let range = view.period.before(view.range, view.zone)?;
        let spans = zone::spans(view.zone, zone::quarter(range.from), zone::quarter(range.to));
        let between = Some((range.from, range.to.max(range.from)));
        Some(View { range, spans, between, ..view.clone() })
    }

    /// The period in numbers.
    pub async fn figures(&self, view: &View) -> sqlx::Result<Figures> {
        store::figures(&mut *self.db.acquire().await?, view.user, view.between).await
    }

    /// The artists who were played most.
    pub async fn artists(&self, view: &View, limit: u16) -> sqlx::Result<Vec<Ranked>> {
        store::artists(&mut *self.db.acquire().await?, view.user, view.between, limit.into()).await
    }

    /// How the places of these have changed since the period before; nothing where none is before it.
    pub async fn moves(&self, view: &View, artists: &[Ranked]) -> sqlx::Result<Vec<Move>> {
        let Some(before) = Self::before(view) else { return Ok(Vec::new()) };
        let ids: Vec<Uuid> = artists.iter().map(|artist| artist.id).collect();
        let places = store::places(&mut *self.db.acquire().await?, view.user, before.between, &ids).await?;
        let was = |id: Uuid| places.iter().find(|(known, _)| *known == id).map(|(_, place)| *place);
        Ok((1..).zip(ids).map(|(place, id)| was(id).map_or(Move::New, |was| Move::By(was - place))).collect())
    }

    /// The albums that were played most.
    pub async fn albums(&self, view: &View, limit: u16) -> sqlx::Result<Vec<Ranked>> {
        store::albums(&mut *self.db.acquire().await?, view.user, view.between, limit.into()).await
    }

    /// The tracks that were played most, or least.
    pub async fn tracks(&self, view: &View, end: End, limit: u16) -> sqlx::Result<Vec<Ranked>> {
        store::tracks(&mut *self.db.acquire().await?, view.user, view.between, end, limit.into()).await
    }

    /// Plays of each hour of each day of the week, from Monday on.
    pub async fn week(&self, view: &View) -> sqlx::Result<[[i64; 24]; 7]> {
        let rows = store::hours_of_week(&mut *self.db.acquire().await?, view.user, &view.spans).await?;
        let mut week = [[0; 24]; 7];
        for (hour, plays) in rows {
            let hour = usize::try_from(hour).unwrap_or(0);
            if let Some(cell) = week.get_mut(hour / 24).and_then(|day| day.get_mut(hour % 24)) {
                *cell = plays;
            }
        }
        Ok(week)
    }

    /// The days on which something was played, in their order.
    pub async fn days(&self, view: &View) -> sqlx::Result<Vec<Day>> {
        let rows = store::days(&mut *self.db.acquire().await?, view.user, &view.spans).await?;
        let date = |day: i32| OffsetDateTime::UNIX_EPOCH.date().saturating_add(Duration::days(day.into()));
        Ok(rows.into_iter().map(|(day, plays, milliseconds)| Day { date: date(day), plays, milliseconds }).collect())
    }

    /// The longest streak among these days, and the one that goes on today.
    #[must_use]
    pub fn streaks(view: &View, days: &[Day]) -> (Option<Streak>, Option<Streak>) {
        days::streaks(days, view.now.to_timezone(view.zone).date())
    }

    /// How often somebody listened without a longer pause, and the longest of that.
    pub async fn sessions(&self, view: &View) -> sqlx::Result<(i64, Option<Session>)> {
        let quarters = (zone::quarter(view.range.from), zone::quarter(view.range.to));
        let (count, longest) = store::sessions(&mut *self.db.acquire().await?, view.user, quarters).await?;
        Ok((count, longest.map(|(began, ended, plays)| Session { began, ended, plays })))
    }

    /// The first play of the period and the last.
    pub async fn ends(&self, view: &View) -> sqlx::Result<Option<(Listen, Listen)>> {
        let mut connection = self.db.acquire().await?;
        let range = (view.range.from, view.range.to);
        let first = store::end_of(&mut connection, view.user, range, false).await?;
        let last = store::end_of(&mut connection, view.user, range, true).await?;
        Ok(first.zip(last))
    }

    /// The genres that were played most, with their plays, and how many plays are of an artist with a genre. A play counts
    /// for each genre of its artist, of which there are three at most.
    pub async fn genres(&self, view: &View, limit: u16) -> sqlx::Result<(Vec<(String, i64)>, i64)> {
        let mut connection = self.db.acquire().await?;
        let genres = store::genres(&mut connection, view.user, view.between, limit.into()).await?;
        Ok((genres, store::with_genre(&mut connection, view.user, view.between).await?))
    }

    /// Plays by the decade in which an album came out; under none what is not known.
    pub async fn decades(&self, view: &View) -> sqlx::Result<Vec<(Option<i16>, i64)>> {
        store::decades(&mut *self.db.acquire().await?, view.user, view.between).await
    }
}
