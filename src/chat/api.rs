//! What the pages ask the server.

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};

use super::found::Found;
use super::managed::Managed;
use super::model::{Asking, Earlier, Later, Opened, RecentGroup, Sent};
use super::need::{Replied, Reply};
use super::proposal::{Decided, Decision, ProposalCard};
use crate::error::AppError;

/// A conversation by its id, or with an empty one the beginning of a new conversation; what stands before or after a
/// message, or around it, where one is given.
#[server(prefix = "/api", endpoint = "chat/open", input = GetUrl)]
pub async fn open(
    id: String,
    #[server(default)] before: String,
    #[server(default)] after: String,
    #[server(default)] at: String,
) -> Result<Opened, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::open(&id, &before, &after, &at).await
}

/// The messages before this one.
#[server(prefix = "/api", endpoint = "chat/earlier", input = GetUrl)]
pub async fn read_earlier(conversation: String, before: String) -> Result<Earlier, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::earlier(&conversation, &before).await
}

/// The messages after this one.
#[server(prefix = "/api", endpoint = "chat/later", input = GetUrl)]
pub async fn read_later(conversation: String, after: String) -> Result<Later, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::later(&conversation, &after).await
}

/// The list of conversations.
#[server(prefix = "/api", endpoint = "chat/recents", input = GetUrl)]
pub async fn recents() -> Result<Vec<RecentGroup>, AppError> {
    use super::Chat;
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Chat>().recents(&(&session).into()).await.map_err(web::fail)
}

/// Asks a question, in other words or again.
#[server(prefix = "/api", endpoint = "chat/ask")]
pub async fn ask(asking: Asking) -> Result<Sent, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::ask(&asking).await
}

/// Shows another version of a message.
#[server(prefix = "/api", endpoint = "chat/show-version")]
pub async fn show_version(conversation: String, version: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::show_version(&conversation, &version).await
}

/// Removes a version of a message with all that follows it.
#[server(prefix = "/api", endpoint = "chat/remove-version")]
pub async fn remove_version(conversation: String, version: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::remove_version(&conversation, &version).await
}

/// The page on which a conversation is managed.
#[server(prefix = "/api", endpoint = "chat/manage", input = GetUrl)]
pub async fn manage(conversation: String) -> Result<Managed, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::manage(&conversation).await
}

/// Gives a conversation another name.
#[server(prefix = "/api", endpoint = "chat/rename")]
pub async fn rename_conversation(conversation: String, title: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::rename(&conversation, &title).await
}

/// Lets a conversation stand above the others, or no longer.
#[server(prefix = "/api", endpoint = "chat/pin")]
pub async fn pin_conversation(conversation: String, #[server(default)] on: bool) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::pin(&conversation, on).await
}

/// Puts a conversation away, or back.
#[server(prefix = "/api", endpoint = "chat/archive")]
pub async fn archive_conversation(conversation: String, #[server(default)] on: bool) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::archive(&conversation, on).await
}

/// Removes a conversation for good.
#[server(prefix = "/api", endpoint = "chat/delete")]
pub async fn delete_conversation(conversation: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::delete(&conversation).await
}

/// Makes a link to what is shown of a conversation.
#[server(prefix = "/api", endpoint = "chat/share")]
pub async fn share_conversation(conversation: String, #[server(default)] results: bool) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::share(&conversation, results).await
}

/// Takes a link back.
#[server(prefix = "/api", endpoint = "chat/unshare")]
pub async fn unshare_conversation(share: String) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::unshare(&share).await
}

/// Looks for conversations.
#[server(prefix = "/api", endpoint = "chat/search", input = GetUrl)]
pub async fn search_conversations(
    #[server(default)] q: String,
    #[server(default)] shelf: String,
    #[server(default)] stretch: String,
    #[server(default)] service: String,
    #[server(default)] page: u32,
) -> Result<Found, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::search(q, &shelf, &stretch, service, page).await
}

/// Says what an answer was worth: `up`, `down`, or nothing any more.
#[server(prefix = "/api", endpoint = "chat/judge")]
pub async fn judge_answer(
    answer: String,
    #[server(default)] verdict: String,
    #[server(default)] words: String,
) -> Result<(), AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::judge(&answer, &verdict, &words).await
}

/// Decides on a proposal, with what was typed into its fields.
#[server(prefix = "/api", endpoint = "chat/decide", input = Json)]
pub async fn decide(approval: String, decision: Decision, typed: Vec<(String, String)>) -> Result<Decided, AppError> {
    use super::{Chat, approval_id};
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let id = approval_id(&approval).map_err(web::fail)?;
    expect_context::<Chat>().decide(&(&session).into(), id, decision, &typed).await.map_err(web::fail)
}

/// Takes back what was done.
#[server(prefix = "/api", endpoint = "chat/undo")]
pub async fn undo(approval: String) -> Result<Decided, AppError> {
    use super::{Chat, approval_id};
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let id = approval_id(&approval).map_err(web::fail)?;
    expect_context::<Chat>().undo(&(&session).into(), id).await.map_err(web::fail)
}

/// Proposals as they stand now; their ids are parted by spaces.
#[server(prefix = "/api", endpoint = "chat/proposals", input = GetUrl)]
pub async fn proposals(approvals: String) -> Result<Vec<ProposalCard>, AppError> {
    #[cfg(feature = "ssr")]
    use super::visit;
    visit::proposals(&approvals).await
}

/// Replies to what an answer needs.
#[server(prefix = "/api", endpoint = "chat/answer-need", input = Json)]
pub async fn answer_need(need: String, reply: Reply) -> Result<Replied, AppError> {
    use super::{Chat, need_id};
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let id = need_id(&need).map_err(web::fail)?;
    expect_context::<Chat>().reply(&(&session).into(), id, reply).await.map_err(web::fail)
}

/// Stops an answer.
#[server(prefix = "/api", endpoint = "chat/stop")]
pub async fn stop(run: String) -> Result<(), AppError> {
    use super::{Chat, run_id};
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let run = run_id(&run).map_err(web::fail)?;
    expect_context::<Chat>().stop(session.user, run).await.map(drop).map_err(web::fail)
}
