//! How many connections a person may have: as many as the best plan of their teams says.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{Error, Integrations};
use crate::{
    integrations::{
        model::Room,
        store::{self, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
};

impl Integrations {
    /// How many a person has, of how many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn room(&self, user: UserId) -> Result<Room, Error> {
        let mut connection = self.db.acquire().await?;
        let most = self.billing.most_connections(&mut connection, user).await?;
        let used = store::number(&mut *connection, user).await?;
        Ok(Room { used: u32::try_from(used).unwrap_or(u32::MAX), most })
    }

    /// Refuses where no place is free for one more; for the moment before somebody is sent to a service.
    pub(super) async fn expect_room(&self, user: UserId) -> Result<(), Error> {
        let mut connection = self.db.acquire().await?;
        self.count(&mut connection, user).await
    }

    /// The same inside of the transaction that makes the connection: of two at once, one gets the last place.
    pub(super) async fn take_room(&self, transaction: &mut PgConnection, user: UserId) -> Result<(), Error> {
        store::lock_number(&mut *transaction, user).await?;
        self.count(transaction, user).await
    }

    async fn count(&self, connection: &mut PgConnection, user: UserId) -> Result<(), Error> {
        let most = self.billing.most_connections(connection, user).await?;
        let there = store::number(&mut *connection, user).await?;
        if there < i64::from(most) { Ok(()) } else { Err(Error::Full { most }) }
    }

    /// The connections that a smaller plan has no room for: the newest. They stay as they are and are not read through,
    /// until there is room for them or somebody disconnects others.
    pub(super) async fn resting(&self, user: UserId, rows: &[ConnectionRow]) -> Result<HashSet<ConnectionId>, Error> {
        let mut connection = self.db.acquire().await?;
        let most = self.billing.most_connections(&mut connection, user).await?;
        let mut by_age: Vec<_> = rows.iter().map(|row| (row.created_at, row.id)).collect();
        by_age.sort_unstable();
        Ok(by_age.into_iter().skip(most as usize).map(|(_, id)| id).collect())
    }
}
