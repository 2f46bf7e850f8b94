//! Google Calendar and the user-info address: a week of events around today.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::google_calendar_data::{calendar, shown, within};
use crate::log;
use crate::oauth::grants::{Denied, Token};
use crate::people::Person;
use crate::shelf::{Shelf, find, find_mut, merge, take};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};
use time_tz::{Offset, TimeZone};

/// All services that share Google's tokens.
const SERVICES: [&str; 5] = ["google", "google-calendar", "google-analytics", "google-docs", "youtube-music"];
const PREFIX: &str = "https://www.googleapis.com/auth/calendar";

/// Answers `www.googleapis.com` and `openidconnect.googleapis.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &SERVICES);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return unauthenticated(denied),
    };
    let path = call.path.strip_prefix("/calendar/v3").unwrap_or(&call.path);
    match (call.method.as_str(), path) {
        ("GET", "/v1/userinfo" | "/oauth2/v3/userinfo" | "/oauth2/v2/userinfo") => userinfo(&token),
        _ if !token.scopes.iter().any(|scope| scope.starts_with(PREFIX)) => insufficient(&token),
        ("GET", "/users/me/calendarList") => {
            answer::json(200, json!({ "kind": "calendar#calendarList", "items": [calendar(token.person)] }))
        }
        ("GET", "/users/me/calendarList/primary" | "/calendars/primary") => answer::json(200, calendar(token.person)),
        ("POST", "/freeBusy") => free_busy(call, token.person),
        ("POST", path) if events_of(path, token.person) => writing(call, &token, &mut sandbox.shelf(), None),
        ("PATCH" | "DELETE", path) if event_of(path).is_some() => {
            writing(call, &token, &mut sandbox.shelf(), event_of(path))
        }
        ("GET", path) if event_of(path).is_some() => {
            match find(kept(&mut sandbox.shelf()), "id", event_of(path).unwrap_or_default()) {
                Some(event) => answer::json(200, event.clone()),
                None => google_error(404, "notFound", "Not Found", "google-calendar: unknown event"),
            }
        }
        ("GET", path) => match path.strip_prefix("/calendars/").and_then(|rest| rest.strip_suffix("/events")) {
            Some(id) if is_own(id, token.person) => events(call, token.person, kept(&mut sandbox.shelf())),
            Some(_) => google_error(404, "notFound", "Not Found", "google-calendar: no such calendar"),
            None => app::nobody(call),
        },
        _ => app::nobody(call),
    }
}

fn is_own(id: &str, person: Person) -> bool {
    id == "primary" || id.replace("%40", "@") == person.email
}

fn unauthenticated(denied: Denied) -> Response {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
    answer::refused(
        answer::json(
            401,
            json!({ "error": { "code": 401, "message": message, "status": "UNAUTHENTICATED",
            "errors": [{ "message": "Invalid Credentials", "domain": "global", "reason": "authError", "location": "Authorization", "locationType": "header" }] } }),
        ),
        format!("google: {}", denied.reason()),
    )
}

fn insufficient(token: &Token) -> Response {
    answer::refused(
        answer::json(
            403,
            json!({ "error": { "code": 403, "message": "Request had insufficient authentication scopes.", "status": "PERMISSION_DENIED",
            "errors": [{ "message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions" }] } }),
        ),
        format!("google-calendar: the scopes {:?} do not open the calendar", token.scopes),
    )
}

fn google_error(code: u16, reason: &str, message: &str, told: &str) -> Response {
    answer::refused(
        answer::json(
            code,
            json!({ "error": { "code": code, "message": message, "errors": [{ "domain": "global", "reason": reason, "message": message }] } }),
        ),
        told,
    )
}

fn userinfo(token: &Token) -> Response {
    let person = token.person;
    let has = |names: [&str; 2]| token.scopes.iter().any(|scope| names.contains(&scope.as_str()));
    let mut info = json!({ "sub": format!("10000000000000{}", person.number) });
    if has(["email", "https://www.googleapis.com/auth/userinfo.email"]) {
        info["email"] = person.email.into();
        info["email_verified"] = true.into();
    }
    if has(["profile", "https://www.googleapis.com/auth/userinfo.profile"]) {
        info["name"] = person.name.into();
        info["given_name"] = person.name.split(' ').next().unwrap_or_default().into();
        info["picture"] = format!("https://lh3.googleusercontent.com/a/{}", person.login).into();
    }
    answer::json(200, info)
}

fn events(call: &Call, person: Person, kept: &[Value]) -> Response {
    let bounds = [("timeMin", call.q("timeMin")), ("timeMax", call.q("timeMax"))];
    for (name, value) in bounds {
        if value.is_some_and(|text| moment(text).is_none()) {
            return google_error(
                400,
                "badRequest",
                "Bad Request",
                &format!("google-calendar: {name} is not RFC 3339 with an offset"),
            );
        }
    }
    if call.q("orderBy") == Some("startTime") && call.q("singleEvents") != Some("true") {
        return google_error(
            400,
            "badRequest",
            "The requested ordering is not available for the particular query.",
            "google-calendar: orderBy=startTime needs singleEvents=true",
        );
    }
    let offset = offset(call);
    let words = call.q("q").map(str::to_lowercase);
    let size = call.q("maxResults").and_then(|text| text.parse::<usize>().ok()).unwrap_or(250).clamp(1, 2500);
    let skip = call.q("pageToken").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let bound = |name: &str| call.q(name).and_then(moment);
    let made = kept.iter().filter(|event| {
        let start = event["start"]["dateTime"].as_str().and_then(moment);
        let after = bound("timeMin").is_none_or(|from| start.is_some_and(|start| start >= from));
        let before = bound("timeMax").is_none_or(|to| start.is_some_and(|start| start < to));
        let named = event["summary"].as_str().unwrap_or_default().to_lowercase();
        after && before && words.as_ref().is_none_or(|words| named.contains(words.as_str()))
    });
    let made: Vec<Value> = made.cloned().collect();
    let all: Vec<Value> =
        within(person, offset, call.q("timeMin").and_then(moment), call.q("timeMax").and_then(moment))
            .into_iter()
            .filter(|(event, _)| words.as_ref().is_none_or(|words| event.title.to_lowercase().contains(words.as_str())))
            .map(|(event, start)| shown(event, start, person, call.q("timeZone")))
            .chain(made)
            .collect();
    let next = (skip + size < all.len()).then(|| (skip + size).to_string());
    let mut body = json!({
        "kind": "calendar#events",
        "summary": person.email,
        "timeZone": call.q("timeZone").unwrap_or("Europe/Berlin"),
        "accessRole": "owner",
        "defaultReminders": [{ "method": "popup", "minutes": 10 }],
        "updated": log::rfc3339(log::now()),
        "items": all.into_iter().skip(skip).take(size).collect::<Vec<_>>(),
    });
    if let Some(next) = next {
        body["nextPageToken"] = next.into();
    }
    answer::json(200, body)
}

/// What was put in since the first day, and one event that can be changed.
fn kept(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("google-calendar/events", || {
        let start = log::now() + Duration::days(3);
        vec![json!({ "id": "seededevent01", "status": "confirmed", "summary": "Workshop", "location": "Room 2",
            "htmlLink": "https://www.google.com/calendar/event?eid=seededevent01",
            "start": { "dateTime": log::rfc3339(start) }, "end": { "dateTime": log::rfc3339(start + Duration::hours(1)) } })]
    })
}

fn events_of(path: &str, person: Person) -> bool {
    let id = path.strip_prefix("/calendars/").and_then(|rest| rest.strip_suffix("/events"));
    id.is_some_and(|id| is_own(id, person))
}

fn event_of(path: &str) -> Option<&str> {
    path.strip_prefix("/calendars/primary/events/").filter(|id| !id.is_empty() && !id.contains('/'))
}

/// Creates, changes or deletes an event.
fn writing(call: &Call, token: &Token, shelf: &mut Shelf, id: Option<&str>) -> Response {
    let may = [PREFIX.to_owned(), format!("{PREFIX}.events")];
    if !token.scopes.iter().any(|scope| may.contains(scope)) {
        return insufficient(token);
    }
    let body = call.json();
    let Some(id) = id else { return create(&body, shelf) };
    if call.method.as_str() == "DELETE" {
        return match take(kept(shelf), "id", id) {
            Some(_) => axum::http::StatusCode::NO_CONTENT.into_response(),
            None => google_error(410, "deleted", "Resource has been deleted", "google-calendar: unknown event"),
        };
    }
    match find_mut(kept(shelf), "id", id) {
        Some(event) => {
            merge(event, &body);
            answer::json(200, event.clone())
        }
        None => google_error(404, "notFound", "Not Found", "google-calendar: unknown event"),
    }
}

fn create(body: &Value, shelf: &mut Shelf) -> Response {
    let bound = |name: &str| body[name]["dateTime"].as_str().and_then(moment);
    let (Some(start), Some(end)) = (bound("start"), bound("end")) else {
        return google_error(400, "required", "Missing start or end time.", "google-calendar: an event without times");
    };
    if end <= start {
        return google_error(400, "timeRangeEmpty", "The specified time range is empty.", "google-calendar: no length");
    }
    let id = match body["id"].as_str() {
        Some(id) if id.len() > 4 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'v')) => id.to_owned(),
        Some(_) => return google_error(400, "invalid", "Invalid resource id value.", "google-calendar: a bad id"),
        None => format!("made{}", shelf.number()),
    };
    if kept(shelf).iter().any(|event| event["id"] == id.as_str()) {
        return google_error(
            409,
            "duplicate",
            "The requested identifier already exists.",
            "google-calendar: a repetition",
        );
    }
    let mut event = body.clone();
    event["id"] = id.as_str().into();
    event["status"] = "confirmed".into();
    event["htmlLink"] = format!("https://www.google.com/calendar/event?eid={id}").into();
    kept(shelf).push(event.clone());
    answer::json(200, event)
}

fn free_busy(call: &Call, person: Person) -> Response {
    let body = call.json();
    let bound = |name: &str| body[name].as_str().and_then(moment);
    let (Some(from), Some(to)) = (bound("timeMin"), bound("timeMax")) else {
        return google_error(
            400,
            "badRequest",
            "Missing timeMin or timeMax.",
            "google-calendar: freeBusy without a span",
        );
    };
    let zone = body["timeZone"].as_str().and_then(|zone| zone_offset(zone, from));
    let busy: Vec<Value> = within(person, zone.unwrap_or(from.offset()), Some(from), Some(to))
        .into_iter()
        .map(|(event, start)| json!({ "start": log::rfc3339(start), "end": log::rfc3339(start + Duration::minutes(event.minutes)) }))
        .collect();
    let mut calendars = json!({});
    for item in body["items"].as_array().into_iter().flatten() {
        let id = item["id"].as_str().unwrap_or_default();
        calendars[id] = if is_own(id, person) {
            json!({ "busy": busy })
        } else {
            json!({ "busy": [], "errors": [{ "domain": "global", "reason": "notFound" }] })
        };
    }
    answer::json(
        200,
        json!({ "kind": "calendar#freeBusy", "timeMin": body["timeMin"], "timeMax": body["timeMax"], "calendars": calendars }),
    )
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// The asker's clock: the named zone, else the offset of `timeMin`, else UTC.
fn offset(call: &Call) -> UtcOffset {
    let from = call.q("timeMin").and_then(moment);
    call.q("timeZone")
        .and_then(|zone| zone_offset(zone, log::now()))
        .or_else(|| from.map(OffsetDateTime::offset))
        .unwrap_or(UtcOffset::UTC)
}

fn zone_offset(name: &str, at: OffsetDateTime) -> Option<UtcOffset> {
    Some(time_tz::timezones::get_by_name(name)?.get_offset_utc(&at).to_utc())
}
