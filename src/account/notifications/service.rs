use sqlx::PgConnection;
use thiserror::Error;
use time::Duration;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    Board, letter,
    live::Seats,
    model::{Kind, Preference},
    store::{self, NotificationRow},
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{Identity, service::IdentityError},
    kit::id::{NotificationId, UserId},
    platform::{
        bus::Topic,
        clock::Clock,
        db::Db,
        mail::{Letter, MailError, Outbox},
        telemetry,
    },
};

/// How long a notification is kept, read or not.
const KEPT: Duration = Duration::days(90);

/// Why something about notifications did not happen.
#[derive(Debug, Error)]
pub enum NotificationError {
    /// There is no such notification of theirs.
    #[error("not theirs")]
    NotFound,
    /// Letters of this kind cannot be switched off.
    #[error("letters of this kind are always sent")]
    LettersStay,
    /// There is no such kind.
    #[error("no such kind")]
    NoSuchKind,
    /// So many streams at once, at most.
    #[error("too many streams")]
    TooManyStreams,
    /// The letter failed.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The person could not be looked up.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database failed.
    #[error("notifications: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<NotificationError> for AppError {
    fn from(error: NotificationError) -> Self {
        match error {
            NotificationError::NotFound => Self::not_found("notification"),
            NotificationError::LettersStay => Self::new(
                ErrorKind::Unprocessable,
                "letters_stay",
                "Mails about sign-ins, security and your account are always sent, so that nobody can keep them from you.",
            )
            .on_field("email"),
            NotificationError::NoSuchKind => {
                Self::new(ErrorKind::Unprocessable, "kind_unknown", "There is no such kind of notification.")
                    .on_field("kind")
            }
            NotificationError::TooManyStreams => {
                let mut refused = Self::new(
                    ErrorKind::Limited,
                    "too_many_streams",
                    "You follow in too many places at once. Close one, then try again.",
                );
                refused.retry_after = Some(30);
                refused
            }
            NotificationError::Identity(error) => error.into(),
            NotificationError::Mail(_) | NotificationError::Database(_) => {
                telemetry::report(&error, "notifications");
                Self::internal()
            }
        }
    }
}

/// What people are told, and what of it they have read.
#[derive(Clone)]
pub struct Notifications {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) board: Board,
    pub(super) seats: Seats,
    pub(super) closing: CancellationToken,
    pub(super) identity: Identity,
    outbox: Outbox,
    public_url: Url,
}

impl Notifications {
    /// Over these parts; `public_url` is where links in letters lead.
    #[must_use]
    pub fn new(db: Db, clock: Clock, board: Board, identity: Identity, outbox: Outbox, public_url: Url) -> Self {
        let (seats, closing) = (Seats::default(), CancellationToken::new());
        Self { db, clock, board, seats, closing, identity, outbox, public_url }
    }

    /// A part of somebody's notifications, the newest first, from before one on; at most so many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(
        &self,
        user: UserId,
        unread_only: bool,
        after: Option<NotificationId>,
        rows: i64,
    ) -> Result<Vec<NotificationRow>, NotificationError> {
        Ok(store::list(&mut *self.db.acquire().await?, user, unread_only, after, rows).await?)
    }

    /// How many somebody has not read.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn unread(&self, user: UserId) -> Result<u32, NotificationError> {
        let count = store::count_unread(&mut *self.db.acquire().await?, user).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Marks one of somebody's read. What is read already stays as it is.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn read(&self, user: UserId, id: NotificationId) -> Result<NotificationRow, NotificationError> {
        let mut tx = self.db.begin().await?;
        if store::mark_read(&mut tx, user, id, self.clock.now()).await? {
            self.changed(&mut tx, user).await?;
        }
        let row = store::find(&mut tx, user, id).await?.ok_or(NotificationError::NotFound)?;
        tx.commit().await?;
        Ok(row)
    }

    /// Marks read whatever is no newer than the one that was seen last; how many there were. What has come since stays
    /// unread.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn read_until(&self, user: UserId, last_seen: NotificationId) -> Result<u64, NotificationError> {
        let mut tx = self.db.begin().await?;
        if store::find(&mut tx, user, last_seen).await?.is_none() {
            return Err(NotificationError::NotFound);
        }
        let read = store::mark_read_until(&mut tx, user, last_seen, self.clock.now()).await?;
        if read > 0 {
            self.changed(&mut tx, user).await?;
        }
        tx.commit().await?;
        Ok(read)
    }

    /// What somebody wants to be told, for each kind.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn preferences(&self, user: UserId) -> Result<Vec<Preference>, NotificationError> {
        let chosen = store::preferences(&mut *self.db.acquire().await?, user).await?;
        let of = |kind: Kind| {
            let row = chosen.iter().find(|row| row.kind == kind.as_str());
            let (in_app, email) = row.map_or((true, true), |row| (row.in_app, row.email));
            Preference { kind, in_app, email }
        };
        Ok(Kind::ALL.map(of).to_vec())
    }

    /// Changes several of them at once, or nothing; what is none stays.
    ///
    /// # Errors
    /// When letters are to stop that are always sent, or the database is away.
    pub async fn choose(
        &self,
        user: UserId,
        wishes: &[(Kind, Option<bool>, Option<bool>)],
    ) -> Result<(), NotificationError> {
        let mut tx = self.db.begin().await?;
        for &(kind, in_app, email) in wishes {
            if email == Some(false) && !kind.letters_are_a_choice() {
                return Err(NotificationError::LettersStay);
            }
            store::choose(&mut tx, user, kind.as_str(), in_app, email).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Tells somebody, in the caller's transaction, that a service has to be connected again. `link` is the page of
    /// ours where that is done.
    ///
    /// # Errors
    /// When the letter cannot be written or the database is away.
    pub async fn connection_broken(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        service: &str,
        link: &str,
    ) -> Result<(), NotificationError> {
        let title = format!("{service} has to be connected again");
        let body = "It no longer lets Aura read for you. Until then Aura answers without it.";
        self.board.put(tx, user, Kind::Connection, (&title, body, link)).await?;
        self.write(tx, user, Kind::Connection, letter::connection_broken(service, link, &self.public_url)?).await
    }

    /// Tells somebody, in the caller's transaction, that their consent at a service ends in so many days.
    ///
    /// # Errors
    /// When the letter cannot be written or the database is away.
    pub async fn connection_ends(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        service: &str,
        days: i64,
        link: &str,
    ) -> Result<(), NotificationError> {
        let when = if days <= 1 { "in a day".to_owned() } else { format!("in {days} days") };
        let title = format!("Your access to {service} ends {when}");
        let body = "Connect it again before that, and Aura goes on reading for you without a gap.";
        self.board.put(tx, user, Kind::Connection, (&title, body, link)).await?;
        self.write(tx, user, Kind::Connection, letter::connection_ends(service, &when, link, &self.public_url)?).await
    }

    /// Tells somebody, in the caller's transaction, that nothing is posted any more to a host that they have registered.
    ///
    /// # Errors
    /// When the letter cannot be written or the database is away.
    pub async fn webhook_off(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        host: &str,
        why: &str,
        link: &str,
    ) -> Result<(), NotificationError> {
        let title = format!("The webhook at {host} was switched off");
        self.board.put(tx, user, Kind::Connection, (&title, why, link)).await?;
        self.write(tx, user, Kind::Connection, letter::webhook_off(host, why, link, &self.public_url)?).await
    }

    /// Tells somebody, in the caller's transaction, what happened in a team of theirs. The title names the team; `link` is
    /// the page of ours where it is looked at.
    ///
    /// # Errors
    /// When the letter cannot be written or the database is away.
    pub async fn team(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        title: &str,
        body: &str,
        link: &str,
    ) -> Result<(), NotificationError> {
        self.board.put(tx, user, Kind::Team, (title, body, link)).await?;
        self.write(tx, user, Kind::Team, letter::team(title, body, link, &self.public_url)?).await
    }

    /// Sends a letter of this kind, unless the person does not want such letters.
    async fn write(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        kind: Kind,
        letter: Letter,
    ) -> Result<(), NotificationError> {
        let chosen = store::preferences(tx, user).await?;
        let by_letter = chosen.iter().find(|row| row.kind == kind.as_str()).is_none_or(|row| row.email);
        if by_letter && let Some(address) = self.identity.address_within(tx, user).await? {
            self.outbox.enqueue(tx, &address, letter).await?;
        }
        Ok(())
    }

    /// Removes what was told long ago; how many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self) -> Result<u64, sqlx::Error> {
        store::system::purge(&self.db, self.clock.now() - KEPT).await
    }

    async fn changed(&self, tx: &mut PgConnection, user: UserId) -> Result<(), sqlx::Error> {
        self.board.bus.notify(tx, Topic::Notified, &user.to_string()).await
    }
}
