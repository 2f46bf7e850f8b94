//! People as programs are shown them, and what operators ask of them there.

use sqlx::PgConnection;

use super::{Identity, IdentityError, operators::Operator};
use crate::{
    identity::store::{
        self, PersonRow,
        system::{
            listing::{self, PeopleFilter},
            people,
            statuses::{self, StatusRow},
        },
    },
    kit::id::UserId,
};

/// How many changes of a status are shown.
pub(super) const MOST_STATUSES: i64 = 20;

/// Whether an account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    Suspended,
}

impl Identity {
    /// One person.
    ///
    /// # Errors
    /// When there is no such person, or the database is away.
    pub async fn person(&self, user: UserId) -> Result<PersonRow, IdentityError> {
        let mut connection = self.db.acquire().await?;
        store::person(&mut connection, user).await?.ok_or(IdentityError::NoSuchPerson)
    }

    /// The same in the caller's transaction, until whose end no other change of their profile goes on.
    ///
    /// # Errors
    /// When there is no such person, or the database is away.
    pub async fn person_within(&self, tx: &mut PgConnection, user: UserId) -> Result<PersonRow, IdentityError> {
        store::lock_profile(tx, user).await?;
        store::person(tx, user).await?.ok_or(IdentityError::NoSuchPerson)
    }

    /// A part of all people, the newest first, from before one on; for operators.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn people(
        &self,
        filter: PeopleFilter<'_>,
        before: Option<UserId>,
        most: i64,
    ) -> Result<Vec<PersonRow>, IdentityError> {
        Ok(listing::page(&mut *self.db.acquire().await?, filter, before, most).await?)
    }

    /// How an account stands, and the changes that led there, the newest first.
    ///
    /// # Errors
    /// When there is no such person, or the database is away.
    pub async fn standing(&self, user: UserId) -> Result<(Standing, Vec<StatusRow>), IdentityError> {
        let person = people::person(&self.db, user).await?.ok_or(IdentityError::NoSuchPerson)?;
        let standing = if person.suspended_at.is_some() { Standing::Suspended } else { Standing::Active };
        let changes = statuses::of(&mut *self.db.acquire().await?, user, MOST_STATUSES).await?;
        Ok((standing, changes))
    }

    /// Closes an account off or opens it again; what it is already, it stays.
    ///
    /// # Errors
    /// As [`Identity::suspend`] and [`Identity::restore`].
    pub async fn set_standing(
        &self,
        by: Operator,
        user: UserId,
        standing: Standing,
        because: &str,
    ) -> Result<(), IdentityError> {
        match standing {
            Standing::Suspended => self.suspend(by, user, because).await,
            Standing::Active => self.restore(by, user, because).await,
        }
    }
}
