//! The browsers and apps that a person is signed in with, and sending them away.

use std::{future::Future, time::Duration};

use super::{Identity, IdentityError, Notice, SESSION_IDLE, activity};
use crate::{
    identity::{
        letter,
        model::{Device, Security},
        moment,
        session::Session,
        store::{self, DeviceRow, Purpose, SessionListRow},
    },
    kit::id::{SessionId, UserId},
    platform::{
        audit,
        bus::{Event, Topic},
        security::{browser_name, is_handheld, shown_address},
    },
};

/// How often a stream looks for the end of its session while events between processes do not arrive.
const LOOK_WITHOUT_BUS: Duration = Duration::from_secs(1);
/// How often it looks anyway: sessions also end by their age.
const LOOK_ANYWAY: Duration = Duration::from_secs(30);

impl Identity {
    /// What the security page shows.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn security(&self, session: &Session) -> Result<Security, IdentityError> {
        let now = self.clock.now();
        let mut connection = self.db.acquire().await?;
        let rows = store::living_sessions(&mut connection, session.user, now, now - SESSION_IDLE).await?;
        let changed = store::password_changed_at(&mut connection, session.user).await?;
        drop(connection);
        let mut devices: Vec<Device> = rows.into_iter().map(|row| self.device(row, session)).collect();
        devices.sort_by_key(|device| !device.this);
        let awaited = self.own_awaited(session.into(), Purpose::ChangeEmail).await?;
        let password_changed = changed.map(|at| moment::day(at, now, &session.time_zone));
        Ok(Security { email: session.email.clone(), awaited, password_changed, devices })
    }

    fn device(&self, row: DeviceRow, session: &Session) -> Device {
        let now = self.clock.now();
        let this = row.id == session.id;
        let platform = row.platform.as_deref();
        Device {
            id: row.id,
            name: row.device_name.unwrap_or_else(|| browser_name(&row.user_agent)),
            app: platform.map(|platform| format!("App {}", letter::on(platform))),
            handheld: platform.map_or_else(|| is_handheld(&row.user_agent), |name| matches!(name, "ios" | "android")),
            address: shown_address(&row.address),
            method: activity::means(&row.method),
            signed_in: moment::stamp(row.created_at, now, &session.time_zone),
            used: if this { "now".to_owned() } else { moment::ago(row.last_used_at, now, &session.time_zone) },
            this,
        }
    }

    /// A part of the person's living sessions, the newest first, from before one on; at most so many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sessions(
        &self,
        user: UserId,
        before: Option<SessionId>,
        most: i64,
    ) -> Result<Vec<SessionListRow>, IdentityError> {
        let now = self.clock.now();
        let mut connection = self.db.acquire().await?;
        Ok(store::sessions_page(&mut connection, user, now, now - SESSION_IDLE, before, most).await?)
    }

    /// Ends one session of the person.
    ///
    /// # Errors
    /// When it is none of theirs or has ended, or the database is away.
    pub async fn end_device(&self, user: UserId, id: SessionId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !store::end_session(&mut tx, user, id, now).await? {
            return Err(IdentityError::NoSuchSession);
        }
        self.bus.notify(&mut tx, Topic::SessionEnded, &id.to_string()).await?;
        audit::record(&mut tx, &self.random, now, user, "session_ended", serde_json::json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Ends every session of the person but this one; how many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_other_devices(&self, session: &Session) -> Result<usize, IdentityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let ended = store::end_other_sessions(&mut tx, session.user, session.id, now).await?;
        for id in &ended {
            self.bus.notify(&mut tx, Topic::SessionEnded, &id.to_string()).await?;
        }
        if !ended.is_empty() {
            let detail = serde_json::json!({ "sessions": ended.len() });
            audit::record(&mut tx, &self.random, now, session.user, "other_sessions_ended", detail).await?;
            self.notify(&mut tx, session.user, &Notice::SessionsEnded).await?;
        }
        tx.commit().await?;
        Ok(ended.len())
    }

    /// Waits until a session has ended, for whatever goes on being answered: an open stream of events. Where that
    /// cannot be found out, it counts as ended; its browser then asks again and is told.
    pub fn ended(&self, user: UserId, id: SessionId) -> impl Future<Output = ()> + Send + use<> {
        let identity = self.clone();
        // First the subscription, then the table: nothing falls between.
        let mut endings = self.bus.subscribe(Topic::SessionEnded);
        async move {
            let word = id.to_string();
            loop {
                let now = identity.clock.now();
                let lives = async { store::lives(&mut *identity.db.acquire().await?, user, id, now).await };
                if !lives.await.unwrap_or(false) {
                    return;
                }
                let pause = if identity.bus.is_connected() { LOOK_ANYWAY } else { LOOK_WITHOUT_BUS };
                let heard = async {
                    loop {
                        match endings.next().await {
                            Some(Event::Id(ended)) if *ended != *word => {}
                            // It ended, or that may have been missed, or this process ends.
                            Some(_) | None => return,
                        }
                    }
                };
                let _looked_after_a_while = tokio::time::timeout(pause, heard).await;
            }
        }
    }
}
