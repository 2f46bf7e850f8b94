//! Follows what a person has not read, from anywhere: a stream tells the present tally and then each new one. It tells
//! a state and not a log, so whoever comes back after a gap has missed nothing that the first event does not say.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{Stream, StreamExt as _};

use super::{
    service::{NotificationError, Notifications},
    store::{self, NotificationRow},
};
use crate::{
    kit::id::UserId,
    platform::{
        bus::{Event, Subscription, Topic},
        telemetry,
    },
};

/// How many streams of one person a process holds at once.
pub const MOST_STREAMS: usize = 10;
/// How often a stream looks while events between processes do not arrive.
const LOOK_WITHOUT_BUS: Duration = Duration::from_secs(1);
/// How often it looks anyway, should the bus fail while it waits.
const LOOK_ANYWAY: Duration = Duration::from_secs(30);

/// How many streams each person has open here.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<UserId, usize>>>);

/// The right to one stream, as long as it is kept.
pub struct Seat {
    seats: Seats,
    user: UserId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.user) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                taken.remove(&self.user);
            }
        }
    }
}

/// What a person has not read, at a moment.
pub struct Tally {
    pub unread: u32,
    pub latest: Option<NotificationRow>,
    /// Another one than before means that something has changed.
    pub version: String,
}

struct Follower {
    notifications: Notifications,
    user: UserId,
    known: Option<String>,
    news: Subscription,
    _seat: Seat,
}

impl Notifications {
    /// Takes one of a person's seats.
    ///
    /// # Errors
    /// When all are taken.
    pub fn seat(&self, user: UserId) -> Result<Seat, NotificationError> {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(user).or_default();
        if *count >= MOST_STREAMS {
            return Err(NotificationError::TooManyStreams);
        }
        *count += 1;
        Ok(Seat { seats: self.seats.clone(), user })
    }

    /// Somebody's tally, unless it is the version that is known already, and then each new one.
    pub fn follow(&self, user: UserId, seat: Seat, known: Option<String>) -> impl Stream<Item = Tally> + Send + use<> {
        // First the subscription, then the table: nothing falls between.
        let news = self.board.bus.subscribe(Topic::Notified);
        let follower = Follower { notifications: self.clone(), user, known, news, _seat: seat };
        futures::stream::unfold(follower, |mut follower| async move {
            let tally = follower.next().await?;
            Some((tally, follower))
        })
        .take_until(self.closing.clone().cancelled_owned())
    }

    /// Ends all streams of this process: by themselves they never would.
    pub fn close(&self) {
        self.closing.cancel();
    }

    async fn tally(&self, user: UserId) -> Result<Tally, sqlx::Error> {
        let mut connection = self.db.acquire().await?;
        let counts = store::counts(&mut connection, user).await?;
        let latest = store::list(&mut connection, user, false, None, 1).await?.pop();
        let newest = latest.as_ref().map(|row| row.id.to_string()).unwrap_or_default();
        let version = format!("{}.{}.{newest}", counts.total, counts.unread);
        Ok(Tally { unread: u32::try_from(counts.unread).unwrap_or(u32::MAX), latest, version })
    }
}

impl Follower {
    /// None when the tally cannot be read or the process ends: whoever follows comes back by themselves.
    async fn next(&mut self) -> Option<Tally> {
        loop {
            match self.notifications.tally(self.user).await {
                Ok(tally) if self.known.as_ref() != Some(&tally.version) => {
                    self.known = Some(tally.version.clone());
                    return Some(tally);
                }
                Ok(_) => self.wait().await?,
                Err(error) => {
                    telemetry::report(&error, "following notifications");
                    return None;
                }
            }
        }
    }

    async fn wait(&mut self) -> Option<()> {
        let ours = self.user.to_string();
        let pause = if self.notifications.board.bus.is_connected() { LOOK_ANYWAY } else { LOOK_WITHOUT_BUS };
        let heard = async {
            loop {
                match self.news.next().await {
                    Some(Event::Id(id)) if *id != *ours => {}
                    Some(_) => return Some(()),
                    None => return None,
                }
            }
        };
        tokio::time::timeout(pause, heard).await.unwrap_or(Some(()))
    }
}
