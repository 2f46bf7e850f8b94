use std::collections::BTreeMap;

use sqlx::{PgExecutor, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ConnectionId, OwnAppId, UserId};

/// Access that is still to be given back.
pub struct DueRevocation {
    pub id: Uuid,
    pub user: UserId,
    pub provider: String,
    pub connection: ConnectionId,
    pub own_app: Option<OwnAppId>,
    pub blanks: Json<BTreeMap<String, String>>,
    pub sealed_tokens: String,
    pub tries: i32,
    pub ends_at: OffsetDateTime,
}

/// Takes some that are due. Until `again` nobody else takes them.
pub async fn claim_revocations(
    db: impl PgExecutor<'_>,
    now: OffsetDateTime,
    again: OffsetDateTime,
    most: i64,
) -> Result<Vec<DueRevocation>, sqlx::Error> {
    sqlx::query_as!(
        DueRevocation,
        r#"with due as (
               select id from revocations where due_at <= $1 and ends_at > $1 order by due_at limit $3
               for update skip locked
           )
           update revocations set due_at = $2 from due where revocations.id = due.id
           returning revocations.id, user_id as "user: UserId", provider,
               connection_id as "connection: ConnectionId", own_app_id as "own_app: OwnAppId",
               blanks as "blanks: Json<BTreeMap<String, String>>", sealed_tokens, tries, ends_at"#,
        now,
        again,
        most,
    )
    .fetch_all(db)
    .await
}
