//! A week of events around today, for each person.

use crate::log;
use crate::people::{MIRA, Person};
use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

/// An event on a day counted from today.
pub struct Event {
    day: i64,
    hour: u8,
    minute: u8,
    /// How long it takes.
    pub minutes: i64,
    /// Its name.
    pub title: &'static str,
    place: &'static str,
    with_other: bool,
}

const fn event(
    day: i64,
    hour: u8,
    minute: u8,
    minutes: i64,
    title: &'static str,
    place: &'static str,
    with_other: bool,
) -> Event {
    Event { day, hour, minute, minutes, title, place, with_other }
}

const OF_MIRA: [Event; 10] = [
    event(-2, 10, 0, 30, "Hiring chat", "Room 2", false),
    event(-1, 15, 0, 60, "Retrospective", "Room 1", true),
    event(0, 9, 30, 45, "Design sync", "Room 4", true),
    event(0, 11, 0, 30, "1:1 with Jonas", "Video call", true),
    event(0, 14, 0, 60, "Launch review", "Room 1", true),
    event(1, 9, 15, 15, "Stand-up", "Video call", true),
    event(1, 16, 30, 45, "Dentist", "Harbour Street 8", false),
    event(2, 10, 0, 120, "Quarterly planning", "Room 1", true),
    event(4, 13, 0, 60, "Customer call: Tideway", "Video call", false),
    event(7, 9, 30, 45, "Design sync", "Room 4", true),
];

const OF_JONAS: [Event; 4] = [
    event(-1, 15, 0, 60, "Retrospective", "Room 1", true),
    event(0, 11, 0, 30, "1:1 with Mira", "Video call", true),
    event(0, 17, 0, 30, "Pick up the bicycle", "Canal Road 3", false),
    event(1, 9, 15, 15, "Stand-up", "Video call", true),
];

/// The one calendar of a person, named by their address.
pub fn calendar(person: Person) -> Value {
    json!({
        "kind": "calendar#calendarListEntry",
        "etag": "\"1\"",
        "id": person.email,
        "summary": person.email,
        "timeZone": "Europe/Berlin",
        "colorId": "14",
        "selected": true,
        "accessRole": "owner",
        "primary": true,
    })
}

/// Events that touch the span, by start. Hours are those of the asker's clock.
pub fn within(
    person: Person,
    offset: UtcOffset,
    from: Option<OffsetDateTime>,
    to: Option<OffsetDateTime>,
) -> Vec<(&'static Event, OffsetDateTime)> {
    let today = log::now().to_offset(offset).date();
    let events: &'static [Event] = if person == MIRA { &OF_MIRA } else { &OF_JONAS };
    events
        .iter()
        .map(|event| (event, start(event, today, offset)))
        .filter(|(event, start)| from.is_none_or(|from| *start + Duration::minutes(event.minutes) > from))
        .filter(|(_, start)| to.is_none_or(|to| *start < to))
        .collect()
}

fn start(event: &Event, today: Date, offset: UtcOffset) -> OffsetDateTime {
    let time = Time::from_hms(event.hour, event.minute, 0).unwrap_or(Time::MIDNIGHT);
    (today + Duration::days(event.day)).with_time(time).assume_offset(offset)
}

/// An event as the API shows it.
pub fn shown(event: &Event, start: OffsetDateTime, person: Person, zone: Option<&str>) -> Value {
    let end = start + Duration::minutes(event.minutes);
    let id = format!("ev{}{:02}{:02}d{}", person.number, event.hour, event.minute, event.day + 10);
    let zone = zone.unwrap_or("Europe/Berlin");
    let other = crate::people::EVERYBODY.into_iter().find(|other| *other != person).unwrap_or(MIRA);
    let mut attendees =
        vec![json!({ "email": person.email, "self": true, "organizer": true, "responseStatus": "accepted" })];
    if event.with_other {
        attendees.push(json!({ "email": other.email, "displayName": other.name, "responseStatus": "accepted" }));
    }
    json!({
        "kind": "calendar#event",
        "etag": "\"3\"",
        "id": id,
        "status": "confirmed",
        "htmlLink": format!("https://www.google.com/calendar/event?eid={id}"),
        "created": log::rfc3339(log::now() - Duration::days(20)),
        "updated": log::rfc3339(log::now() - Duration::days(2)),
        "summary": event.title,
        "location": event.place,
        "creator": { "email": person.email, "self": true },
        "organizer": { "email": person.email, "self": true },
        "start": { "dateTime": log::rfc3339(start), "timeZone": zone },
        "end": { "dateTime": log::rfc3339(end), "timeZone": zone },
        "attendees": attendees,
        "iCalUID": format!("{id}@google.com"),
        "eventType": "default",
    })
}
