//! Between the server functions about notifications and the service.

use leptos::prelude::expect_context;

use super::{
    model::{Kind, Listed, NotificationView, Preference},
    service::{NotificationError, Notifications},
    store::NotificationRow,
};
use crate::{
    error::AppError,
    identity::{
        moment,
        session::{self, Session},
    },
    kit::id::NotificationId,
    platform::web,
};

const LIST: &str = "/notifications";
const PREFERENCES: &str = "/settings/notifications?saved=yes";
const SHOWN: usize = 25;

fn asked() -> Result<(Notifications, Session), AppError> {
    Ok((expect_context::<Notifications>(), session::require().map_err(web::fail)?))
}

pub async fn unread() -> Result<u32, AppError> {
    let (notifications, session) = asked()?;
    notifications.unread(session.user).await.map_err(web::fail)
}

pub async fn list(unread_only: bool, before: Option<NotificationId>) -> Result<Listed, AppError> {
    let (notifications, session) = asked()?;
    let most = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut rows = notifications.list(session.user, unread_only, before, most).await.map_err(web::fail)?;
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    let older = rows.last().filter(|_| more).map(|row| row.id);
    let unread = notifications.unread(session.user).await.map_err(web::fail)?;
    let now = notifications.clock.now();
    let show = |row: NotificationRow| NotificationView {
        id: row.id,
        kind: Kind::parse(&row.kind).unwrap_or(Kind::Account),
        title: row.title,
        body: row.body,
        link: row.link,
        read: row.read_at.is_some(),
        when: moment::ago(row.created_at, now, &session.time_zone),
        at: moment::machine(row.created_at),
    };
    Ok(Listed { items: rows.into_iter().map(show).collect(), unread, older })
}

pub async fn read(id: &str, open: bool) -> Result<(), AppError> {
    let (notifications, session) = asked()?;
    let row = notifications.read(session.user, known(id)?).await.map_err(web::fail)?;
    if open {
        web::redirect(&row.link);
    } else {
        web::after_form(LIST);
    }
    Ok(())
}

pub async fn read_all(last_seen: &str) -> Result<(), AppError> {
    let (notifications, session) = asked()?;
    notifications.read_until(session.user, known(last_seen)?).await.map_err(web::fail)?;
    web::after_form(LIST);
    Ok(())
}

pub async fn preferences() -> Result<Vec<Preference>, AppError> {
    let (notifications, session) = asked()?;
    notifications.preferences(session.user).await.map_err(web::fail)
}

pub async fn choose(in_app: &[String], email: &[String]) -> Result<(), AppError> {
    let (notifications, session) = asked()?;
    if let Some(_unknown) = in_app.iter().chain(email).find(|kind| Kind::parse(kind).is_none()) {
        return Err(web::fail(NotificationError::NoSuchKind));
    }
    let named = |kinds: &[String], kind: Kind| kinds.iter().any(|named| named == kind.as_str());
    let wishes = Kind::ALL.map(|kind| {
        // A box that cannot be unticked is not sent with the form.
        let letters = kind.letters_are_a_choice().then(|| named(email, kind));
        (kind, Some(named(in_app, kind)), letters)
    });
    notifications.choose(session.user, &wishes).await.map_err(web::fail)?;
    web::after_form(PREFERENCES);
    Ok(())
}

fn known(id: &str) -> Result<NotificationId, AppError> {
    id.parse().map_err(|_| web::fail(NotificationError::NotFound))
}
