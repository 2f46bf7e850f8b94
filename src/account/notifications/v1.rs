use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{Response, sse::Event},
};
use futures::StreamExt as _;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    live::Tally,
    model::{Kind, Preference},
    service::Notifications,
    store::NotificationRow,
};
use crate::{
    identity::bearer::{Principal, Scope},
    kit::id::NotificationId,
    platform::{
        api::{Body, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
        routes::Routes,
        sse,
    },
};

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What a notification is about. The set is closed: each has somebody who writes it."))
            .enum_values(Some(Self::ALL.map(Self::as_str)));
        object.into()
    }
}

impl ToSchema for Kind {
    fn name() -> Cow<'static, str> {
        "Kind".into()
    }
}

/// How long a stream lasts at most: whoever comes back then shows a token that is judged anew.
const STREAM_LASTS: Duration = Duration::from_secs(60 * 60);

/// What programs use.
pub fn routes(notifications: Notifications) -> Routes {
    let documented = OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(read))
        .routes(routes!(read_all))
        .routes(routes!(preferences, choose))
        .routes(routes!(events));
    Routes::new().documented(documented).with_state(notifications)
}

/// Something that the person is told.
#[derive(Serialize, ToSchema)]
pub struct Notification {
    id: NotificationId,
    kind: Kind,
    title: String,
    body: String,
    /// The page of this site where something can be done about it.
    link: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Absent while it is unread.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    read_at: Option<OffsetDateTime>,
}

impl From<NotificationRow> for Notification {
    fn from(row: NotificationRow) -> Self {
        let NotificationRow { id, kind, title, body, link, created_at, read_at } = row;
        // The table holds no other kinds.
        let kind = Kind::parse(&kind).unwrap_or(Kind::Account);
        Self { id, kind, title, body, link, created_at, read_at }
    }
}

/// How many notifications are unread.
#[derive(Serialize, ToSchema)]
pub struct UnreadCount {
    unread: u32,
}

/// What the live stream tells.
#[derive(Serialize, ToSchema)]
pub struct NotificationTally {
    unread: u32,
    /// The newest one, read or not; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<Notification>,
}

/// An event of the live stream, as OpenAPI describes those: by the fields that an event has.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct TallyEvent {
    /// Always `tally`.
    event: String,
    /// For `Last-Event-ID`.
    id: String,
    /// JSON: how many are unread, and the newest.
    #[schema(content_media_type = "application/json")]
    data: String,
    /// Milliseconds to wait before coming back.
    retry: Option<u32>,
}

/// Which notifications.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// How many at most: 25 unless it is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Only those that are unread.
    #[serde(default)]
    unread: bool,
}

/// Lists what the person was told
///
/// The newest first. What is older than 90 days is gone.
#[utoipa::path(
    get,
    path = "/api/v1/notifications",
    operation_id = "list_notifications",
    tag = "notifications",
    security(("bearer" = [])),
    params(Asked),
    responses((status = 200, body = Page<Notification>), Refused)
)]
async fn list(
    State(notifications): State<Notifications>,
    principal: Principal,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Notification>>, Refusal> {
    principal.allow(Scope::NotificationsRead)?;
    let page = PageQuery::new(asked.limit, asked.cursor);
    let rows = notifications.list(principal.user, asked.unread, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |row| row.id, Notification::from)?))
}

/// Counts what is unread
#[utoipa::path(
    get,
    path = "/api/v1/notifications/unread-count",
    operation_id = "count_unread_notifications",
    tag = "notifications",
    security(("bearer" = [])),
    responses((status = 200, body = UnreadCount), Refused)
)]
async fn count(State(notifications): State<Notifications>, principal: Principal) -> Result<Json<UnreadCount>, Refusal> {
    principal.allow(Scope::NotificationsRead)?;
    Ok(Json(UnreadCount { unread: notifications.unread(principal.user).await? }))
}

/// Marks one read
///
/// One that is read already stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/{id}/read",
    operation_id = "read_notification",
    tag = "notifications",
    security(("bearer" = [])),
    params(("id" = NotificationId, Path)),
    responses((status = 200, body = Notification), Refused)
)]
async fn read(
    State(notifications): State<Notifications>,
    principal: Principal,
    Path(id): Path<NotificationId>,
) -> Result<Json<Notification>, Refusal> {
    principal.allow(Scope::NotificationsWrite)?;
    Ok(Json(notifications.read(principal.user, id).await?.into()))
}

/// Until where everything was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The newest notification that the person has seen. What has come since stays unread.
    last_seen: NotificationId,
}

/// Marks all read that were seen
#[utoipa::path(
    post,
    path = "/api/v1/notifications/read-all",
    operation_id = "read_all_notifications",
    tag = "notifications",
    security(("bearer" = [])),
    request_body = Seen,
    responses((status = 200, description = "How many are unread now.", body = UnreadCount), Refused)
)]
async fn read_all(
    State(notifications): State<Notifications>,
    principal: Principal,
    Body(seen): Body<Seen>,
) -> Result<Json<UnreadCount>, Refusal> {
    principal.allow(Scope::NotificationsWrite)?;
    notifications.read_until(principal.user, seen.last_seen).await?;
    Ok(Json(UnreadCount { unread: notifications.unread(principal.user).await? }))
}

/// Which ways a kind is told in.
#[derive(Serialize, ToSchema)]
pub struct NotificationPreference {
    kind: Kind,
    in_app: bool,
    email: bool,
    /// Whether mails of this kind can be switched off.
    email_optional: bool,
}

/// What is chosen for each kind.
#[derive(Serialize, ToSchema)]
pub struct NotificationPreferences {
    items: Vec<NotificationPreference>,
}

impl From<Vec<Preference>> for NotificationPreferences {
    fn from(chosen: Vec<Preference>) -> Self {
        let show = |Preference { kind, in_app, email }| NotificationPreference {
            kind,
            in_app,
            email,
            email_optional: kind.letters_are_a_choice(),
        };
        Self { items: chosen.into_iter().map(show).collect() }
    }
}

/// What is to become another of a kind; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferenceWish {
    kind: Kind,
    #[serde(default)]
    in_app: Option<bool>,
    /// False is refused for kinds whose mails are always sent.
    #[serde(default)]
    email: Option<bool>,
}

/// What is to become another; kinds that are absent stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferenceWishes {
    #[schema(max_items = 20)]
    items: Vec<PreferenceWish>,
}

/// Shows what the person wants to be told
#[utoipa::path(
    get,
    path = "/api/v1/notifications/preferences",
    operation_id = "show_notification_preferences",
    tag = "notifications",
    security(("bearer" = [])),
    responses((status = 200, body = NotificationPreferences), Refused)
)]
async fn preferences(
    State(notifications): State<Notifications>,
    principal: Principal,
) -> Result<Json<NotificationPreferences>, Refusal> {
    principal.allow(Scope::NotificationsRead)?;
    Ok(Json(notifications.preferences(principal.user).await?.into()))
}

/// Changes what the person wants to be told
#[utoipa::path(
    patch,
    path = "/api/v1/notifications/preferences",
    operation_id = "change_notification_preferences",
    tag = "notifications",
    security(("bearer" = [])),
    request_body = PreferenceWishes,
    responses((status = 200, body = NotificationPreferences), Refused)
)]
async fn choose(
    State(notifications): State<Notifications>,
    principal: Principal,
    Body(wishes): Body<PreferenceWishes>,
) -> Result<Json<NotificationPreferences>, Refusal> {
    principal.allow(Scope::NotificationsWrite)?;
    let wishes: Vec<_> = wishes.items.into_iter().map(|wish| (wish.kind, wish.in_app, wish.email)).collect();
    notifications.choose(principal.user, &wishes).await?;
    Ok(Json(notifications.preferences(principal.user).await?.into()))
}

/// Follows what is unread
///
/// An event stream. It begins with an event `tally`, unless `Last-Event-ID` names the present one, and each change
/// brings another. Its data is JSON: `unread`, how many, and `latest`, the newest notification, where there is one. The
/// stream ends with the session, and after an hour; come back then. A person has 10 at once at most.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/events",
    operation_id = "follow_notifications",
    tag = "notifications",
    security(("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that you have heard.")),
    responses((status = 200, description = "Events.", body = TallyEvent, content_type = "text/event-stream"), Refused)
)]
async fn events(
    State(notifications): State<Notifications>,
    principal: Principal,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let session = principal.session()?;
    let seat = notifications.seat(principal.user)?;
    let known = sse::last_heard(&headers).map(str::to_owned);
    let ended = notifications.identity.ended(principal.user, session);
    let tallies = notifications
        .follow(principal.user, seat, known)
        .take_until(ended)
        .take_until(tokio::time::sleep(STREAM_LASTS));
    Ok(sse::answer(tallies.map(|Tally { unread, latest, version }| {
        let told = NotificationTally { unread, latest: latest.map(Notification::from) };
        // What is written here is made of strings and numbers only.
        Event::default().event("tally").id(version).data(serde_json::to_string(&told).unwrap_or_default())
    })))
}
