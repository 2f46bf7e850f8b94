//! What the page asks the server.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::model::{Calls, Effect, Kept};
use crate::{error::AppError, kit::id::ToolCallId};

/// A part of the person's own log of calls, from before one on.
#[server(name = ReadCalls, prefix = "/api", endpoint = "chat/calls", input = GetUrl)]
pub async fn own_calls(
    #[server(default)] service: String,
    #[server(default)] effect: Effect,
    #[server(default)] before: Option<ToolCallId>,
) -> Result<Calls, AppError> {
    use crate::{chat::Chat, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Chat>().own_calls(&(&session).into(), &service, effect, before).await.map_err(web::fail)
}

/// Says for how long what is read for the person's answers is kept.
#[server(prefix = "/api", endpoint = "chat/keep-readings")]
pub async fn keep_readings(kept: Kept) -> Result<Kept, AppError> {
    use crate::{chat::Chat, identity::session, platform::web};
    let session = session::require().map_err(web::fail)?;
    expect_context::<Chat>().keep_readings(session.user, kept).await.map_err(web::fail)?;
    Ok(kept)
}
