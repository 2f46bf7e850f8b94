//! Between the server functions about conversations and the service.

use axum_extra::extract::cookie::{Cookie, SameSite};
use leptos::prelude::expect_context;
use time::Duration;

use super::{
    ChatError,
    found::{Found, Search, Shelf, Stretch},
    managed::Managed,
    model::{Asking, Earlier, Feedback, Later, Opened, Sent},
    paging::Spot,
    proposal::ProposalCard,
    service::{Asker, Chat},
};
use crate::{
    error::AppError,
    identity::session,
    kit::id::{ConversationId, MessageId},
    platform::web,
};

/// Carries a new link to the page that shows it: an address is kept in too many places.
const MADE: &str = "__Host-aura-share";
const SHOWN_WITHIN: Duration = Duration::minutes(2);
/// The longest search, in characters.
const LONGEST_SEARCH: usize = 200;
/// How many proposals are read at once.
const MOST_CARDS: usize = 50;
/// The longest id of a service.
const LONGEST_SERVICE: usize = 60;

fn asked() -> Result<(Chat, Asker), AppError> {
    Ok((expect_context::<Chat>(), (&session::require().map_err(web::fail)?).into()))
}

/// A form about one conversation.
fn about(conversation: &str) -> Result<(Chat, Asker, ConversationId), AppError> {
    let (chat, asker) = asked()?;
    let id = conversation.parse().map_err(|_| web::fail(ChatError::NotFound("conversation")))?;
    Ok((chat, asker, id))
}

fn message(id: &str) -> Result<MessageId, AppError> {
    id.parse().map_err(|_| web::fail(ChatError::NotFound("message")))
}

pub async fn open(id: &str, before: &str, after: &str, at: &str) -> Result<Opened, AppError> {
    let (chat, asker) = asked()?;
    let id = super::conversation_id(id).map_err(web::fail)?;
    let spot = match (before, after, at) {
        ("", "", "") => Spot::End,
        ("", "", at) => Spot::At(message(at)?),
        ("", after, _) => Spot::After(message(after)?),
        (before, ..) => Spot::Before(message(before)?),
    };
    chat.open_at(&asker, id, spot).await.map_err(web::fail)
}

pub async fn proposals(approvals: &str) -> Result<Vec<ProposalCard>, AppError> {
    let (chat, asker) = asked()?;
    let ids = approvals.split_whitespace().take(MOST_CARDS).map(super::approval_id);
    let ids = ids.collect::<Result<Vec<_>, _>>().map_err(web::fail)?;
    chat.proposal_cards(&asker, &ids).await.map_err(web::fail)
}

pub async fn earlier(conversation: &str, before: &str) -> Result<Earlier, AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.earlier(&asker, id, message(before)?).await.map_err(web::fail)
}

pub async fn later(conversation: &str, after: &str) -> Result<Later, AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.later(&asker, id, message(after)?).await.map_err(web::fail)
}

pub async fn ask(asking: &Asking) -> Result<Sent, AppError> {
    let (chat, asker) = asked()?;
    chat.take(&asker, asking).await.map_err(web::fail)
}

pub async fn show_version(conversation: &str, version: &str) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.show_version(asker.user, id, message(version)?).await.map_err(web::fail)
}

pub async fn remove_version(conversation: &str, version: &str) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.remove_version(asker.user, id, message(version)?).await.map_err(web::fail)
}

pub async fn judge(answer: &str, verdict: &str, words: &str) -> Result<(), AppError> {
    let (chat, asker) = asked()?;
    let feedback = match verdict {
        "" => None,
        "up" | "down" => Some(Feedback { good: verdict == "up", words: words.to_owned() }),
        _ => return Err(web::fail(ChatError::BadForm)),
    };
    chat.judge(asker.user, message(answer)?, feedback).await.map_err(web::fail)
}

pub async fn manage(conversation: &str) -> Result<Managed, AppError> {
    let (chat, asker, id) = about(conversation)?;
    let mut managed = chat.manage(&asker, id).await.map_err(web::fail)?;
    // The cookie says of which conversation the link is.
    let made = web::cookie(MADE);
    managed.made = made
        .as_deref()
        .and_then(|made| made.split_once('.'))
        .filter(|(of, _)| *of == id.to_string())
        .map(|(_, secret)| chat.link(secret));
    if managed.made.is_some() {
        web::set_cookie(&cookie(String::new(), Duration::ZERO));
    }
    Ok(managed)
}

pub async fn rename(conversation: &str, title: &str) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.rename(asker.user, id, title).await.map_err(web::fail)
}

pub async fn pin(conversation: &str, on: bool) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.pin(asker.user, id, on).await.map_err(web::fail)
}

pub async fn archive(conversation: &str, on: bool) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.archive(asker.user, id, on).await.map_err(web::fail)
}

pub async fn delete(conversation: &str) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    chat.delete(asker.user, id).await.map_err(web::fail)?;
    web::redirect("/chat");
    Ok(())
}

pub async fn share(conversation: &str, results: bool) -> Result<(), AppError> {
    let (chat, asker, id) = about(conversation)?;
    let secret = chat.share(asker.user, id, results).await.map_err(web::fail)?;
    web::set_cookie(&cookie(format!("{id}.{}", *secret), SHOWN_WITHIN));
    Ok(())
}

pub async fn unshare(share: &str) -> Result<(), AppError> {
    let (chat, asker) = asked()?;
    let share = share.parse().map_err(|_| web::fail(ChatError::NotFound("link")))?;
    chat.unshare(asker.user, share).await.map_err(web::fail)?;
    Ok(())
}

pub async fn search(q: String, shelf: &str, stretch: &str, service: String, page: u32) -> Result<Found, AppError> {
    let (chat, asker) = asked()?;
    let q = q.chars().take(LONGEST_SEARCH).collect();
    let service = service.chars().take(LONGEST_SERVICE).collect();
    let search = Search { q, shelf: Shelf::parse(shelf), stretch: Stretch::parse(stretch), service, page };
    chat.search(&asker, &search).await.map_err(web::fail)
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
