//! All people in pages, for programs of operators.

use sqlx::{PgConnection, query_as};

use crate::{identity::store::PersonRow, kit::id::UserId};

/// Whom a list is narrowed to; what is not said narrows nothing.
#[derive(Clone, Copy, Default)]
pub struct PeopleFilter<'a> {
    pub status: Option<&'a str>,
    /// The whole address.
    pub email: Option<&'a str>,
    /// How the handle begins.
    pub handle: Option<&'a str>,
}

/// The newest first, from before a person on.
pub async fn page(
    connection: &mut PgConnection,
    filter: PeopleFilter<'_>,
    before: Option<UserId>,
    most: i64,
) -> sqlx::Result<Vec<PersonRow>> {
    query_as!(
        PersonRow,
        r#"select u.id as "id: UserId", h.handle::text as "handle?", u.display_name, e.email::text as "email?",
               e.verified_at as "email_verified_at?", p.phone as "phone?", u.time_zone, u.theme, u.role, u.status, u.avatar_key,
               u.created_at, u.last_signed_in_at
           from users u
           left join user_emails e on e.user_id = u.id
           left join user_phones p on p.user_id = u.id
           left join handles h on h.user_id = u.id and h.is_current
           where ($1::text is null or u.status = $1)
             and ($2::text is null or e.email = $2::text::citext)
             and ($3::text is null or starts_with(lower(h.handle::text), lower($3)))
             and ($4::uuid is null or u.id < $4)
           order by u.id desc limit $5"#,
        filter.status,
        filter.email,
        filter.handle,
        before as Option<UserId>,
        most,
    )
    .fetch_all(connection)
    .await
}
