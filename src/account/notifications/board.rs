use sqlx::PgConnection;

use super::{
    model::Kind,
    store::{self, NewNotification},
};
use crate::{
    identity::service::{Concern, InApp, Told},
    kit::id::UserId,
    platform::{
        bus::{Bus, Topic},
        clock::Clock,
        random::Random,
    },
};

/// Where notifications are put up.
#[derive(Clone)]
pub struct Board {
    clock: Clock,
    random: Random,
    pub(super) bus: Bus,
}

impl Board {
    /// Over these parts.
    #[must_use]
    pub fn new(clock: Clock, random: Random, bus: Bus) -> Self {
        Self { clock, random, bus }
    }

    /// Tells a person something in the caller's transaction, if they want to hear of its kind.
    pub(super) async fn put(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        kind: Kind,
        (title, body, link): (&str, &str, &str),
    ) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let new = NewNotification { id: self.random.id(now), user, kind: kind.as_str(), title, body, link, now };
        store::insert(tx, &new).await?;
        self.bus.notify(tx, Topic::Notified, &user.to_string()).await
    }
}

impl Board {
    /// Tells a person, in the caller's transaction, of a payment that needs them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn money(&self, tx: &mut PgConnection, user: UserId, title: &str, body: &str) -> Result<(), sqlx::Error> {
        self.put(tx, user, Kind::Account, (title, body, "/billing")).await
    }
}

#[async_trait::async_trait]
impl InApp for Board {
    async fn tell(&self, tx: &mut PgConnection, user: UserId, told: Told) -> Result<(), sqlx::Error> {
        let (kind, link) = match told.concern {
            Concern::SignIn => (Kind::SignIn, "/settings/security"),
            Concern::Security => (Kind::Security, "/settings/security"),
            Concern::Account => (Kind::Account, "/settings/activity"),
        };
        self.put(tx, user, kind, (&told.title, &told.body, link)).await
    }
}
