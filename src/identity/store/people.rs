//! People, as programs are shown them.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// A person with what stands about them in their own row and beside it.
pub struct PersonRow {
    pub id: UserId,
    pub handle: Option<String>,
    pub display_name: String,
    pub email: Option<String>,
    pub email_verified_at: Option<OffsetDateTime>,
    pub phone: Option<String>,
    pub time_zone: String,
    pub theme: String,
    pub role: String,
    pub status: String,
    pub avatar_key: Option<String>,
    pub created_at: OffsetDateTime,
    pub last_signed_in_at: Option<OffsetDateTime>,
}

pub async fn person(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<PersonRow>> {
    query_as!(
        PersonRow,
        r#"select u.id as "id: UserId", h.handle::text as "handle?", u.display_name, e.email::text as "email?",
               e.verified_at as "email_verified_at?", p.phone as "phone?", u.time_zone, u.theme, u.role, u.status, u.avatar_key,
               u.created_at, u.last_signed_in_at
           from users u
           left join user_emails e on e.user_id = u.id
           left join user_phones p on p.user_id = u.id
           left join handles h on h.user_id = u.id and h.is_current
           where u.id = $1"#,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

/// Lets changes of one person's profile wait for each other until their transactions end. Rows that only hang on the
/// person are written meanwhile.
pub async fn lock_profile(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("select id from users where id = $1 for no key update", user as UserId).fetch_optional(connection).await?;
    Ok(())
}
