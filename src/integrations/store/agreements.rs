use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, UserId};

/// An account, and what its owner has said of models.
pub struct AgreementRow {
    pub id: ConnectionId,
    pub provider: String,
    pub account_label: String,
    pub state: String,
    pub reason: Option<String>,
    pub for_model: bool,
    pub agreed_vendor: Option<String>,
}

/// All accounts of a person.
pub async fn agreements(db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<AgreementRow>, sqlx::Error> {
    sqlx::query_as!(
        AgreementRow,
        r#"select id as "id: ConnectionId", provider, account_label, state, reason, for_model, agreed_vendor
           from connections where user_id = $1 order by id"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}

/// A yes: whose model, as it was shown.
pub struct NewAgreement<'a> {
    pub vendor: &'a str,
    pub name: &'a str,
    pub model: &'a str,
    pub now: OffsetDateTime,
}

/// Notes a yes. False: there is no such connection, or the same was said before.
pub async fn agree(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    new: &NewAgreement<'_>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set for_model = true, agreed_vendor = $3, agreed_name = $4, agreed_model = $5, agreed_at = $6
         where user_id = $1 and id = $2 and (not for_model or agreed_vendor is distinct from $3)",
        user as UserId,
        id as ConnectionId,
        new.vendor,
        new.name,
        new.model,
        new.now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says whether a model may be asked for, without a yes to anybody's. False: there is no such connection, or it is so
/// already.
pub async fn let_models_ask(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    may: bool,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections
         set for_model = $3, agreed_vendor = null, agreed_name = null, agreed_model = null, agreed_at = null
         where user_id = $1 and id = $2 and for_model <> $3",
        user as UserId,
        id as ConnectionId,
        may,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
