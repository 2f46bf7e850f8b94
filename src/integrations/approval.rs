//! A person's yes to one exact call. A write takes an [`Approved`] call, and the only way to one is to use up an
//! approved row: no code path can write without it, and none can write twice.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use time::Duration;
use uuid::Uuid;

use super::{
    service::{Error, Integrations},
    store,
    tools::{self, Tool},
};
use crate::{
    kit::id::{ApprovalId, ConnectionId, UserId},
    platform::crypto::{Place, digest},
};

/// How long a proposal waits for its person.
const LIFETIME: Duration = Duration::hours(24);

/// One call of a tool, with everything that decides what it does.
#[derive(Clone, Debug)]
pub struct Call {
    pub user: UserId,
    pub connection: ConnectionId,
    pub tool: &'static Tool,
    pub arguments: Value,
}

impl Call {
    fn hash(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(Uuid::from(self.connection).as_bytes());
        bytes.extend_from_slice(&(self.tool.name.len() as u64).to_be_bytes());
        bytes.extend_from_slice(self.tool.name.as_bytes());
        bytes.extend_from_slice(self.arguments.to_string().as_bytes());
        digest(&bytes)
    }
}

/// Something that a person has approved and that has not been done yet.
pub struct Approved<T>(T, ApprovalId);

impl<T> Approved<T> {
    /// It, and the approval by which a repetition is known.
    pub(super) fn into_inner(self) -> (T, ApprovalId) {
        (self.0, self.1)
    }
}

impl Approved<Call> {
    /// Uses an approval up. Of any number of callers at once, one gets the call.
    ///
    /// # Errors
    /// When it was not approved, was used, is too late, or is not what was shown.
    pub async fn consume(integrations: &Integrations, user: UserId, id: ApprovalId) -> Result<Self, Error> {
        let now = integrations.clock.now();
        let row = store::consume_approval(&integrations.db, user, id, now).await?.ok_or(Error::NotFound("approval"))?;
        let plain = integrations.vault.open(&place(id, user), &row.sealed_arguments)?;
        let arguments = serde_json::from_slice(&plain).map_err(|_| Error::NotFound("approval"))?;
        let tool = tools::find(&row.tool).ok_or(Error::NotFound("tool"))?;
        let call = Call { user, connection: row.connection, tool, arguments };
        if call.hash().as_slice() == row.call_hash { Ok(Self(call, id)) } else { Err(Error::NotFound("approval")) }
    }
}

fn place(id: ApprovalId, owner: UserId) -> Place<'static> {
    let (row, owner) = (Uuid::from(id), Uuid::from(owner));
    Place { table: "approvals", column: "sealed_arguments", row, owner, provider: "" }
}

impl Integrations {
    /// Puts a call before its person. Whether its arguments fit is asked before with [`Tool::check`].
    ///
    /// # Errors
    /// When the connection is not theirs, or the database is away.
    pub async fn propose(&self, call: &Call) -> Result<ApprovalId, Error> {
        let now = self.clock.now();
        let id = self.random.id::<ApprovalId>(now);
        let arguments: SecretString = call.arguments.to_string().into();
        let sealed = self.vault.seal(&place(id, call.user), arguments.expose_secret().as_bytes())?;
        let expires_at = now + LIFETIME;
        let (user, connection, name) = (call.user, call.connection, call.tool.name);
        let stored =
            store::insert_approval(&self.db, user, id, connection, name, &sealed, &call.hash(), now, expires_at)
                .await?;
        stored.then_some(id).ok_or(Error::NotFound("connection"))
    }

    /// Records the person's yes or no, once.
    ///
    /// # Errors
    /// When it was decided before, is too late, or is not theirs.
    pub async fn decide(&self, user: UserId, id: ApprovalId, approve: bool) -> Result<(), Error> {
        let decided = store::decide_approval(&self.db, user, id, approve, self.clock.now()).await?;
        decided.then_some(()).ok_or(Error::NotFound("approval"))
    }
}
