//! What runs need of their person beside approvals.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    kit::id::{ConnectionId, ConversationId, NeedId, RunId, UserId},
    platform::db::Db,
};

pub(in crate::chat) struct NewNeed<'a> {
    pub id: NeedId,
    pub run: RunId,
    pub user: UserId,
    pub kind: &'a str,
    pub provider: &'a str,
    pub connection: Option<ConnectionId>,
    pub vendor: Option<&'a str>,
    pub vendor_name: Option<&'a str>,
    pub model: Option<&'a str>,
    pub keeps: Option<&'a str>,
    pub now: OffsetDateTime,
}

pub(in crate::chat) async fn insert(connection: &mut PgConnection, new: &NewNeed<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into run_needs (id, run_id, user_id, kind, provider, connection_id, vendor, vendor_name, model, keeps, created_at)
         select $3, r.id, $1, $4, $5, $6, $7, $8, $9, $10, $11 from runs r where r.id = $2 and r.user_id = $1",
        new.user as UserId,
        new.run as RunId,
        new.id as NeedId,
        new.kind,
        new.provider,
        new.connection as Option<ConnectionId>,
        new.vendor,
        new.vendor_name,
        new.model,
        new.keeps,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::chat) struct NeedRow {
    pub id: NeedId,
    pub run: RunId,
    pub conversation: ConversationId,
    pub kind: String,
    pub provider: String,
    pub connection: Option<ConnectionId>,
    pub vendor: Option<String>,
    pub vendor_name: Option<String>,
    pub model: Option<String>,
    pub keeps: Option<String>,
    pub state: String,
    pub answered_at: Option<OffsetDateTime>,
    /// Whether its run waits still.
    pub waits: bool,
}

/// What these runs have needed, in the order in which they did.
pub(in crate::chat) async fn of_runs(
    connection: &mut PgConnection,
    user: UserId,
    runs: &[RunId],
) -> sqlx::Result<Vec<NeedRow>> {
    sqlx::query_as!(
        NeedRow,
        r#"select n.id as "id: NeedId", n.run_id as "run: RunId", r.conversation_id as "conversation: ConversationId",
               n.kind, n.provider, n.connection_id as "connection: ConnectionId", n.vendor, n.vendor_name, n.model,
               n.keeps, n.state, n.answered_at, r.state = 'waiting' as "waits!"
           from run_needs n join runs r on r.id = n.run_id and r.user_id = $1
           where n.run_id = any($2) and n.user_id = $1
           order by n.created_at, n.id"#,
        user as UserId,
        runs as &[RunId],
    )
    .fetch_all(connection)
    .await
}

pub(in crate::chat) async fn find(db: &Db, user: UserId, id: NeedId) -> sqlx::Result<Option<NeedRow>> {
    sqlx::query_as!(
        NeedRow,
        r#"select n.id as "id: NeedId", n.run_id as "run: RunId", r.conversation_id as "conversation: ConversationId",
               n.kind, n.provider, n.connection_id as "connection: ConnectionId", n.vendor, n.vendor_name, n.model,
               n.keeps, n.state, n.answered_at, r.state = 'waiting' as "waits!"
           from run_needs n join runs r on r.id = n.run_id and r.user_id = $1
           where n.id = $2 and n.user_id = $1"#,
        user as UserId,
        id as NeedId,
    )
    .fetch_optional(db)
    .await
}

/// Answers what is open, as long as its run waits. False: somebody else did, or the run is over.
pub(in crate::chat) async fn answer(
    connection: &mut PgConnection,
    user: UserId,
    id: NeedId,
    yes: bool,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update run_needs n set state = case when $3 then 'yes' else 'no' end, answered_at = $4
         where n.id = $2 and n.user_id = $1 and n.state = 'open'
             and exists (select from run_waits w where w.id = n.run_id and w.expires_at > $4)",
        user as UserId,
        id as NeedId,
        yes,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How much is open that a run needs.
pub(in crate::chat) async fn open(connection: &mut PgConnection, user: UserId, run: RunId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from run_needs where run_id = $2 and user_id = $1 and state = 'open'"#,
        user as UserId,
        run as RunId,
    )
    .fetch_one(connection)
    .await
}

/// The runs of a person that wait for something of this kind.
pub(in crate::chat) async fn waiting(db: &Db, user: UserId) -> sqlx::Result<Vec<RunId>> {
    sqlx::query_scalar!(
        r#"select distinct w.id as "run: RunId" from run_waits w join run_needs n on n.run_id = w.id
           where w.user_id = $1 and n.user_id = $1 and n.state = 'open'"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}
