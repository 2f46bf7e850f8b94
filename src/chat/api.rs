//! What the pages ask the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::model::{Opened, RecentGroup, Sent};
use crate::error::AppError;

/// A conversation by its id, or with an empty one the beginning of a new conversation.
#[server(prefix = "/api", endpoint = "chat/open", input = GetUrl)]
pub async fn open(id: String) -> Result<Opened, AppError> {
    use super::{Chat, conversation_id};
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let id = conversation_id(&id).map_err(web::fail)?;
    expect_context::<Chat>().open(&(&session).into(), id).await.map_err(web::fail)
}

/// The list of conversations.
#[server(prefix = "/api", endpoint = "chat/recents", input = GetUrl)]
pub async fn recents() -> Result<Vec<RecentGroup>, AppError> {
    use super::Chat;
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Chat>().recents(&(&session).into()).await.map_err(web::fail)
}

/// Asks a question; an empty conversation id begins a new one.
#[server(prefix = "/api", endpoint = "chat/ask")]
pub async fn ask(conversation: String, text: String, key: String) -> Result<Sent, AppError> {
    use super::{Chat, conversation_id};
    use crate::{identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    let conversation = conversation_id(&conversation).map_err(web::fail)?;
    expect_context::<Chat>().send(&(&session).into(), conversation, &text, &key).await.map_err(web::fail)
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
