//! Between the server functions about keys and the service.

use axum_extra::extract::cookie::{Cookie, SameSite};
use leptos::prelude::expect_context;
use time::Duration;

use super::{
    model::{KeyView, KeysView, LASTS},
    service::{ApiKeyError, ApiKeys},
    store::KeyRow,
};
use crate::{
    error::AppError,
    identity::{
        self,
        bearer::Scope,
        moment,
        session::{self, Session},
    },
    kit::id::ApiKeyId,
    platform::web,
};

const PAGE: &str = "/settings/developer";
/// Carries a new key to the page that shows it: an address is kept in too many places.
const MADE: &str = "__Host-aura-key";
const SHOWN_WITHIN: Duration = Duration::minutes(2);
/// As many as a page of the list has at most.
const MOST_SHOWN: i64 = 100;

fn asked() -> Result<(ApiKeys, Session), AppError> {
    Ok((expect_context::<ApiKeys>(), session::require().map_err(web::fail)?))
}

/// The same where the person has lately proved who they are; else the browser is sent to give a proof.
fn proved() -> Result<(ApiKeys, Session), AppError> {
    let keys = expect_context::<ApiKeys>();
    let session = identity::proved(keys.now(), PAGE)?;
    Ok((keys, session))
}

pub async fn show() -> Result<KeysView, AppError> {
    let (keys, session) = asked()?;
    let rows = keys.list(session.user, None, MOST_SHOWN).await.map_err(web::fail)?;
    let made = web::cookie(MADE).filter(|made| !made.is_empty());
    if made.is_some() {
        web::set_cookie(&cookie(String::new(), Duration::ZERO));
    }
    let show = |row: KeyRow| {
        let day = |at| moment::day(at, keys.now(), &session.time_zone);
        KeyView {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes.join(", "),
            made: day(row.created_at),
            used: row.last_used_at.map_or("never used".to_owned(), |at| {
                format!("used {}", moment::ago(at, keys.now(), &session.time_zone))
            }),
            expires: match row.expires_at {
                Some(end) if end <= keys.now() => "expired".to_owned(),
                Some(end) => format!("until {}", day(end)),
                None => "until it is revoked".to_owned(),
            },
        }
    };
    let scopes = Scope::ALL.map(|scope| (scope.as_str().to_owned(), told(scope).to_owned())).to_vec();
    Ok(KeysView { keys: rows.into_iter().map(show).collect(), scopes, made })
}

pub async fn make(name: &str, scopes: &[String], days: u16) -> Result<(), AppError> {
    let (keys, session) = proved()?;
    if !LASTS.iter().any(|(offered, _)| *offered == days) {
        return Err(web::fail(ApiKeyError::Expiry));
    }
    let end = (days > 0).then(|| keys.now() + Duration::days(days.into()));
    let made = keys.make(session.user, name, scopes, end).await.map_err(web::fail)?;
    web::set_cookie(&cookie(made.key.to_string(), SHOWN_WITHIN));
    web::redirect(PAGE);
    Ok(())
}

pub async fn revoke(id: &str) -> Result<(), AppError> {
    let (keys, session) = asked()?;
    let id: ApiKeyId = id.parse().map_err(|_| web::fail(ApiKeyError::NoSuchKey))?;
    keys.end(session.user, id).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

fn cookie(value: String, lasts: Duration) -> Cookie<'static> {
    Cookie::build((MADE, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(lasts)
        .build()
}

fn told(scope: Scope) -> &'static str {
    match scope {
        Scope::ProfileRead => "Read your profile",
        Scope::ProfileWrite => "Change your profile",
        Scope::FilesRead => "List and read your files",
        Scope::FilesWrite => "Upload and delete files",
        Scope::NotificationsRead => "Read your notifications",
        Scope::NotificationsWrite => "Mark notifications, and change what you are told",
        Scope::ConnectionsRead => "See which services you have connected",
        Scope::ConnectionsWrite => "Connect and disconnect services, and bring your own apps",
        Scope::WebhooksRead => "See your webhooks and what was posted to them",
        Scope::WebhooksWrite => "Add, change and delete webhooks",
        Scope::TokensRead => {
            "Get access tokens of services that you have connected; give it only to programs you wrote"
        }
    }
}
