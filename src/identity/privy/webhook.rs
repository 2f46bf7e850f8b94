use serde_json::Value;
use sqlx::PgConnection;

use super::{Privy, PrivyError, profile::Accounts, service::is_did, store, sync::lock_of};
use crate::{
    identity::{service::Notice, store::lock_key},
    kit::id::UserId,
    platform::{audit, bus::Topic, webhooks::Post},
};

/// The name of Privy among the senders of posts, and among the kinds of ways in.
pub const SOURCE: &str = "privy";

/// A chain of merges is not longer.
const HOPS: usize = 10;

impl Privy {
    /// Does what an event asks for. Events come more than once and in any order, so one that tells of a person only
    /// says whom to read anew; that somebody is gone, or became somebody else, is final.
    ///
    /// # Errors
    /// When Privy or the database is away: the event is tried again.
    pub async fn handle(&self, post: Post) -> Result<(), PrivyError> {
        let id_at =
            |place: &str| post.body.pointer(place).and_then(Value::as_str).filter(|did| is_did(did)).map(str::to_owned);
        match post.kind.as_str() {
            "user.deleted" => match id_at("/user/id") {
                Some(did) => self.person_gone(&did).await,
                None => Ok(()),
            },
            "user.transferred_account" => match (id_at("/fromUser/id"), id_at("/toUser/id")) {
                (Some(from), Some(to)) if from != to => {
                    if post.body.get("deletedUser").and_then(Value::as_bool).unwrap_or(false) {
                        let target = self.person_moved(&from, &to).await?;
                        self.read_anew(&target).await
                    } else {
                        self.read_anew(&from).await?;
                        self.read_anew(&to).await
                    }
                }
                _ => Ok(()),
            },
            "user.created"
            | "user.authenticated"
            | "user.linked_account"
            | "user.unlinked_account"
            | "user.updated_account" => match id_at("/user/id") {
                Some(did) => self.read_anew(&did).await,
                None => Ok(()),
            },
            // Wallets, second factors, transactions and whatever is new: kept as they came, and nothing follows.
            _ => Ok(()),
        }
    }

    /// Reads what Privy lists for somebody. Whoever has not been here gets no account by it.
    async fn read_anew(&self, did: &str) -> Result<(), PrivyError> {
        let mut tx = self.identity.db.begin().await?;
        lock_key(&mut tx, &lock_of(did)).await?;
        let Some(user) = store::user_of(&mut tx, did).await? else { return Ok(()) };
        let asked_at = self.identity.clock.now();
        // Asked while the lock is held: of two events, the later to read is the later to write.
        match self.app()?.client.user(did).await? {
            Some(read) => {
                let accounts = Accounts::read(read.get("linked_accounts"));
                self.keep_accounts(&mut tx, user, &accounts, true, asked_at).await?;
                tx.commit().await?;
                Ok(())
            }
            None => {
                tx.rollback().await?;
                self.person_gone(did).await
            }
        }
    }

    /// Privy has deleted somebody: this way in is gone and its sessions end. Their account here stays, for their
    /// other ways in; without any, nobody can sign in to it.
    async fn person_gone(&self, did: &str) -> Result<(), PrivyError> {
        let mut tx = self.begin_departure(&[did]).await?;
        if store::departed(&mut tx, did).await?.is_some_and(|known| known.moved_to.is_some()) {
            return Ok(());
        }
        let user = store::delete_identity(&mut tx, did).await?;
        store::note_departed(&mut tx, did, None, user, self.identity.clock.now()).await?;
        if let Some(user) = user {
            self.way_lost(&mut tx, user).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Privy has merged somebody into somebody else: the way in follows. Where that one is another person's way in
    /// already, the two accounts here stay apart, and the first loses this way. Tells whom they have become in the end.
    async fn person_moved(&self, from: &str, to: &str) -> Result<String, PrivyError> {
        let mut tx = self.begin_departure(&[from, to]).await?;
        let now = self.identity.clock.now();
        let had = store::delete_identity(&mut tx, from).await?;
        store::note_departed(&mut tx, from, Some(to), None, now).await?;
        let waiting = store::take_departed_user(&mut tx, from).await?;
        let target = self.became(&mut tx, to).await?;
        if let Some(user) = had.or(waiting) {
            if store::departed(&mut tx, &target).await?.is_some() {
                store::note_departed(&mut tx, &target, None, Some(user), now).await?;
                self.way_lost(&mut tx, user).await?;
            } else if store::insert_identity(&mut tx, self.identity.random.id(now), user, &target, now).await? {
                self.end_sessions(&mut tx, user).await?;
                let detail = serde_json::json!({ "provider": SOURCE });
                audit::record(&mut tx, &self.identity.random, now, user, "way_moved", detail).await?;
            } else {
                self.way_lost(&mut tx, user).await?;
            }
        }
        tx.commit().await?;
        Ok(target)
    }

    /// Departures wait for each other, so that each finds what the others have done.
    async fn begin_departure(&self, people: &[&str]) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, PrivyError> {
        let mut tx = self.identity.db.begin().await?;
        lock_key(&mut tx, "privy departures").await?;
        let mut people = people.to_vec();
        people.sort_unstable();
        for did in people {
            lock_key(&mut tx, &lock_of(did)).await?;
        }
        Ok(tx)
    }

    /// Whom somebody has become, as far as is known.
    async fn became(&self, tx: &mut PgConnection, did: &str) -> Result<String, PrivyError> {
        let mut did = did.to_owned();
        for _ in 0..HOPS {
            match store::departed(tx, &did).await?.and_then(|known| known.moved_to) {
                Some(next) => did = next,
                None => break,
            }
        }
        Ok(did)
    }

    async fn way_lost(&self, tx: &mut PgConnection, user: UserId) -> Result<(), PrivyError> {
        store::drop_accounts(tx, user).await?;
        self.end_sessions(tx, user).await?;
        let detail = serde_json::json!({ "provider": SOURCE });
        audit::record(tx, &self.identity.random, self.identity.clock.now(), user, "way_removed", detail).await?;
        self.identity.notify(tx, user, &Notice::WayRemoved { label: "Privy" }).await?;
        Ok(())
    }

    async fn end_sessions(&self, tx: &mut PgConnection, user: UserId) -> Result<(), PrivyError> {
        for session in store::end_sessions(tx, user, self.identity.clock.now()).await? {
            self.identity.bus.notify(tx, Topic::SessionEnded, &session.to_string()).await?;
        }
        Ok(())
    }
}
