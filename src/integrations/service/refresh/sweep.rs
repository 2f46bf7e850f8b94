use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    LEASE, TokenError,
    renew::Held,
    schedule::{self, Rights},
};
use crate::{
    integrations::{
        Integrations,
        service::Error,
        store::{self, system},
    },
    platform::telemetry,
};

/// No more renewals at once at one service, over all processes.
const AT_ONE_SERVICE: i64 = 8;
/// No more at once in one process.
const AT_ONCE: i64 = 64;
/// No more are given a place in the schedule by one sweep.
const UNPLANNED: i64 = 5_000;
/// The next sweep goes on from here.
const LONGEST: Duration = Duration::seconds(50);

impl Integrations {
    /// Renews whatever is due though nobody asks for it; how many. A service that is slow holds up only itself.
    ///
    /// # Errors
    /// When the database is away; what was not reached is due again at the next sweep.
    pub async fn renew_due(&self) -> Result<u64, Error> {
        let began = self.clock.now();
        self.plan_the_unplanned().await?;
        let owner = Uuid::from_bytes(self.random.bytes());
        let (mut running, mut done) = (JoinSet::new(), 0);
        loop {
            let now = self.clock.now();
            let room = AT_ONCE - i64::try_from(running.len()).unwrap_or(AT_ONCE);
            if room > AT_ONCE / 2 && now < began + LONGEST {
                for due in system::claim_renewals(&self.db, owner, now, now + LEASE, AT_ONE_SERVICE, room).await? {
                    let service = self.clone();
                    running.spawn(async move { service.renew_one(due).await });
                }
            }
            match running.join_next().await {
                None => return Ok(done),
                Some(Ok(Ok(()))) => done += 1,
                Some(Ok(Err(TokenError::Away(_) | TokenError::Limited(..) | TokenError::ClientRefused(_)))) => {}
                Some(Ok(Err(error))) => telemetry::report(&error, "a connection could not be renewed ahead"),
                Some(Err(error)) => telemetry::report(&error, "a renewal was lost"),
            }
        }
    }

    /// Gives connections from before there was a schedule their place in it.
    async fn plan_the_unplanned(&self) -> Result<(), Error> {
        for row in system::unplanned(&self.db, UNPLANNED).await? {
            let rights = Rights {
                access_expires_at: row.access_expires_at,
                refresh_expires_at: row.refresh_expires_at,
                first: true,
                attended: schedule::is_used(row.last_used_at.unwrap_or(row.created_at), self.clock.now()),
            };
            let due_at = row.renewable.then(|| schedule::due(row.id, rights, row.updated_at)).flatten();
            store::plan(&self.db, row.user, row.id, due_at, row.updated_at).await?;
        }
        Ok(())
    }

    async fn renew_one(&self, due: system::DueRenewal) -> Result<(), TokenError> {
        // Since it was taken it may have been disconnected, or its service may have left the catalogue.
        let Some(row) = store::connection(&self.db, due.user, due.id).await? else { return Ok(()) };
        let provider = self.catalogue.get(&row.provider);
        let Some((provider, oauth)) = provider.and_then(|provider| Some((provider, provider.oauth.as_ref()?))) else {
            return Ok(());
        };
        let held = Held { user: due.user, provider, oauth, lease: due.lease, wanted: false };
        self.renew(&held, &row).await
    }
}
