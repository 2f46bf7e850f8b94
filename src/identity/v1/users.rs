use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::statuses::AccountStatus;
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        Identity,
        bearer::{Principal, Scope},
        email,
        model::{Theme, avatar_address},
        store::{PersonRow, system::listing::PeopleFilter},
    },
    kit::id::UserId,
    platform::{
        api::{Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
    },
};

/// What somebody may do for the installation.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    Member,
    /// An operator.
    Admin,
}

/// Which look a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserTheme {
    /// As the system is set.
    System,
    Light,
    Dark,
}

impl From<UserTheme> for Theme {
    fn from(theme: UserTheme) -> Self {
        match theme {
            UserTheme::System => Self::System,
            UserTheme::Light => Self::Light,
            UserTheme::Dark => Self::Dark,
        }
    }
}

/// A person. What they have not given is not there.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    pub id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    email_verified_at: Option<OffsetDateTime>,
    /// A number that they have proved, as E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^\+[1-9][0-9]{3,14}$")]
    phone: Option<String>,
    /// IANA name of the zone in which «today» is meant.
    time_zone: String,
    theme: UserTheme,
    role: UserRole,
    status: AccountStatus,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    last_signed_in_at: Option<OffsetDateTime>,
    /// Where the picture is, a path of this site.
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
}

impl From<PersonRow> for User {
    fn from(row: PersonRow) -> Self {
        Self {
            id: row.id,
            handle: row.handle,
            display_name: row.display_name,
            email: row.email,
            email_verified_at: row.email_verified_at,
            phone: row.phone,
            time_zone: row.time_zone,
            theme: match Theme::parse(&row.theme).unwrap_or_default() {
                Theme::System => UserTheme::System,
                Theme::Light => UserTheme::Light,
                Theme::Dark => UserTheme::Dark,
            },
            role: if row.role == "admin" { UserRole::Admin } else { UserRole::Member },
            status: if row.status == "active" { AccountStatus::Active } else { AccountStatus::Suspended },
            created_at: row.created_at,
            last_signed_in_at: row.last_signed_in_at,
            avatar_url: row.avatar_key.as_deref().map(avatar_address),
        }
    }
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// How many at most: 25 unless it is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Only those whose account stands so.
    #[param(inline)]
    status: Option<AccountStatus>,
    /// Only whoever has this address.
    #[param(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// Only those whose handle begins so.
    #[param(min_length = 1, max_length = 30)]
    handle: Option<String>,
}

/// Lists people, for operators
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "list_users",
    tag = "users",
    security(("bearer" = [])),
    params(UserQuery),
    responses((status = 200, description = "People.", body = Page<User>), Refused)
)]
pub async fn list(
    State(identity): State<Identity>,
    principal: Principal,
    Query(query): Query<UserQuery>,
) -> Result<Json<Page<User>>, Refusal> {
    principal.operator()?;
    let email = query.email.as_deref().map(|typed| email::normalise(typed).ok_or_else(not_an_address)).transpose()?;
    let handle = query.handle.as_deref().map(checked_beginning).transpose()?;
    let page = PageQuery::new(query.limit, query.cursor);
    let filter = PeopleFilter { status: query.status.map(AccountStatus::as_str), email: email.as_deref(), handle };
    let rows = identity.people(filter, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |row| row.id, User::from)?))
}

fn not_an_address() -> AppError {
    AppError::new(ErrorKind::Unprocessable, "email_invalid", "This is no address. It looks like name@example.com.")
        .on_field("email")
}

/// A handle has only these signs, so nothing else can be its beginning.
fn checked_beginning(typed: &str) -> Result<&str, AppError> {
    if (1..=30).contains(&typed.len()) && typed.bytes().all(|sign| sign.is_ascii_graphic()) {
        return Ok(typed);
    }
    let told = "A handle begins with letters or digits of ASCII, 30 at most.";
    Err(AppError::new(ErrorKind::Unprocessable, "handle_invalid", told).on_field("handle"))
}

/// Shows a person
///
/// Oneself, or anybody for an operator.
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}",
    operation_id = "get_user",
    tag = "users",
    security(("bearer" = [])),
    params(("id" = UserId, Path, description = "Of the list.")),
    responses((status = 200, description = "The person.", body = User), Refused)
)]
pub async fn show(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<Json<User>, Refusal> {
    principal.allow(Scope::ProfileRead)?;
    if id != principal.user && principal.operator().is_err() {
        return Err(AppError::not_found("person").into());
    }
    Ok(Json(identity.person(id).await?.into()))
}
