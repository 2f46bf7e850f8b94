//! The one stream of events of a browser: what is unread, that a conversation was named, that a proposal of an answer that is over stands
//! otherwise, and the answers that its tabs follow. The tabs share it (`app/live.js`).

use axum::{
    extract::{RawQuery, State},
    response::{Response, sse::Event},
};
use futures::{
    Stream, StreamExt as _,
    stream::{BoxStream, once, select_all, unfold},
};
use serde::Serialize;

use super::AppState;
use crate::{
    account::notifications::{Notifications, Tally},
    chat::{Chat, Followed, model::RunEvent},
    error::{AppError, ErrorKind},
    identity::{Identity, session::CurrentSession},
    kit::id::{ApprovalId, RunId, UserId},
    platform::{refusal::Refusal, routes::Routes, sse},
};

/// How many answers one stream follows.
const MOST_RUNS: usize = 20;

#[derive(Clone)]
struct Live {
    identity: Identity,
    notifications: Notifications,
    chat: Chat,
}

/// The stream's address.
pub(super) fn routes(state: &AppState) -> Routes {
    let live =
        Live { identity: state.identity.clone(), notifications: state.notifications.clone(), chat: state.chat.clone() };
    Routes::new().get("/api/events", events).with_state(live)
}

/// What the tabs of a browser want to hear.
struct Wanted {
    person: UserId,
    /// Each with the last number that was heard of it.
    runs: Vec<(RunId, i32)>,
}

fn wanted(query: &str) -> Option<Wanted> {
    let mut person = None;
    let mut runs = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "person" => person = Some(value.parse().ok()?),
            "run" => {
                let (run, after) = value.split_once(':')?;
                runs.push((run.parse().ok()?, after.parse().ok()?));
            }
            _ => return None,
        }
    }
    (runs.len() <= MOST_RUNS).then_some(Wanted { person: person?, runs })
}

/// None ends the whole stream: something of it failed, and the browser comes back by itself.
type Part = BoxStream<'static, Option<Event>>;

async fn events(
    State(live): State<Live>,
    CurrentSession(session): CurrentSession,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let wanted = wanted(&query.unwrap_or_default()).ok_or_else(|| {
        AppError::new(ErrorKind::Invalid, "bad_request", "This address is not complete. Reload the page.")
    })?;
    // A tab that was left open must not show one person what another one is told.
    if wanted.person != session.user {
        return Err(Refusal(AppError::new(
            ErrorKind::Forbidden,
            "somebody_else",
            "Somebody else is signed in with this browser now. Reload the page.",
        )));
    }
    let seat = live.notifications.seat(session.user).map_err(AppError::from)?;
    // First the subscription, then the tables: nothing falls between.
    let ended = live.identity.ended(session.user, session.id);
    let tallies = live.notifications.follow(session.user, seat, None).map(|tally| Some(told(&tally)));
    // Said before it ends, so that tabs which stay open do not come back for a refusal.
    let over = once(ended).map(|()| Some(Event::default().event("over").data("{}")));
    let mut parts: Vec<Part> =
        vec![tallies.chain(once(async { None })).boxed(), over.chain(once(async { None })).boxed()];
    let named = live.chat.named(session.user).map(|()| Some(Event::default().event("named").data("{}")));
    parts.push(named.boxed());
    let changed = live.chat.changed(session.user).map(|approval| Some(event("changed", &Changed { approval })));
    parts.push(changed.boxed());
    for (run, after) in wanted.runs {
        // One that is gone, or never was theirs, has nothing to tell.
        if let Ok(followed) = live.chat.follow_in(&session.time_zone, session.user, run, after).await {
            parts.push(progress(run, followed).boxed());
        }
    }
    let events =
        select_all(parts).take_while(|event| std::future::ready(event.is_some())).filter_map(std::future::ready);
    Ok(sse::answer(events))
}

#[derive(Serialize)]
struct Unread {
    unread: u32,
}

/// None: any may have changed.
#[derive(Serialize)]
struct Changed {
    approval: Option<ApprovalId>,
}

fn told(tally: &Tally) -> Event {
    event("tally", &Unread { unread: tally.unread })
}

#[derive(Serialize)]
struct Progress<'a> {
    run: RunId,
    seq: Option<i32>,
    upto: i32,
    event: &'a RunEvent,
}

/// What a run tells, to its end; one that breaks off before breaks off the whole.
fn progress(
    run: RunId,
    followed: impl Stream<Item = Followed> + Send + 'static,
) -> impl Stream<Item = Option<Event>> + Send {
    unfold(Some((followed.boxed(), false)), move |state| async move {
        let (mut followed, settled) = state?;
        match followed.next().await {
            Some(Followed { seq, upto, event: told }) => {
                let settled = matches!(told, RunEvent::Settled { .. });
                let heard = &Progress { run, seq, upto, event: &told };
                let event = if told.is_text() { padded("run", heard) } else { event("run", heard) };
                Some((Some(event), Some((followed, settled))))
            }
            None if settled => None,
            None => Some((None, None)),
        }
    })
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).data(json(data))
}

fn padded(name: &str, data: &impl Serialize) -> Event {
    sse::padded(Event::default().event(name), json(data))
}

/// What is written here is made of strings and numbers only.
fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_read_whole_or_not_at_all() {
        let person = "018bcfe5-6800-7fff-bfff-ffffffffffff";
        let read = wanted(&format!("person={person}&run={person}%3A12&run={person}:0")).unwrap();
        assert_eq!(read.person.to_string(), person);
        assert_eq!(read.runs.iter().map(|(_, after)| *after).collect::<Vec<_>>(), [12, 0]);
        let many = format!("person={person}{}", format!("&run={person}:0").repeat(MOST_RUNS + 1));
        for broken in
            ["", "person=x", "run=1:2", &format!("person={person}&run=1"), &format!("person={person}&a=1"), &many]
        {
            assert!(wanted(broken).is_none(), "{broken}");
        }
    }
}
