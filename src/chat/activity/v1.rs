//! The log of calls for programs.

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    export::{self, Format},
    model::Effect,
    service::{Done, PAGE},
};
use crate::{
    chat::Chat,
    error::{AppError, ErrorKind},
    identity::bearer::{Principal, Scope},
    kit::id::{ApprovalId, ConversationId, RunId, ToolCallId},
    platform::{
        api::{Page, PageQuery, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use.
pub fn routes(chat: Chat) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(list)).routes(routes!(export_all));
    Routes::new().documented(documented).with_state(chat)
}

/// What a call was to do.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallEffect {
    Read,
    Write,
}

impl CallEffect {
    fn wanted(asked: Option<Self>) -> Effect {
        match asked {
            None => Effect::All,
            Some(Self::Read) => Effect::Reads,
            Some(Self::Write) => Effect::Changes,
        }
    }
}

/// What an answer took of the model.
#[derive(Serialize, ToSchema)]
pub struct CallUsage {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[schema(minimum = 0)]
    tokens_read: u64,
    #[schema(minimum = 0)]
    tokens_written: u64,
}

/// Something that Aura did, or was kept from doing, through a connected account. It never holds what was read or
/// written.
#[derive(Serialize, ToSchema)]
pub struct ServiceCall {
    pub(super) id: ToolCallId,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) started_at: OffsetDateTime,
    /// The service's id.
    pub(super) service: String,
    /// The service's name.
    pub(super) name: String,
    /// What the account was called then.
    pub(super) account: String,
    /// The tool's name, such as `github__create_issue`.
    pub(super) tool: String,
    pub(super) title: String,
    /// `read`, `write`, or `destructive` where it takes something away.
    pub(super) effect: String,
    /// What the service had to have granted for it.
    pub(super) scopes: Vec<String>,
    /// `done`, `failed`, `denied` (nothing was sent), or `unknown` (nobody heard how it ended); absent while it is under
    /// way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<String>,
    /// Why it failed. The set grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_ms: Option<i64>,
    /// How much came back, in bytes of JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result_bytes: Option<i64>,
    /// SHA-256 of connection, tool and arguments, in hexadecimal digits; absent once the conversation is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments_sha256: Option<String>,
    /// The approval it was made under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) approval: Option<ApprovalId>,
    /// `person`, or `standing` for a yes that was given in advance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) approved_by: Option<String>,
    /// Where it was made, while that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conversation: Option<ConversationId>,
    /// The answer for which it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<RunId>,
    /// What the whole answer took of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<CallUsage>,
}

impl From<Done> for ServiceCall {
    fn from(Done { call, origin, taken }: Done) -> Self {
        let duration_ms = call.took().and_then(|took| i64::try_from(took.whole_milliseconds()).ok());
        Self {
            id: call.id,
            started_at: call.started_at,
            service: call.service,
            name: call.service_name,
            account: call.account,
            tool: call.tool,
            title: call.title,
            effect: call.effect,
            scopes: call.scopes,
            outcome: call.outcome,
            code: call.code,
            duration_ms,
            result_bytes: call.result_bytes,
            arguments_sha256: call.arguments_hash.map(hex::encode),
            approval: call.approval,
            approved_by: call.approved,
            conversation: origin.as_ref().map(|origin| origin.conversation),
            run: origin.map(|origin| origin.run),
            usage: taken.map(|taken| CallUsage {
                model: taken.model,
                tokens_read: taken.read,
                tokens_written: taken.written,
            }),
        }
    }
}

impl ServiceCall {
    /// What the model read and wrote.
    pub(super) fn tokens(&self) -> Option<(u64, u64)> {
        self.usage.as_ref().map(|usage| (usage.tokens_read, usage.tokens_written))
    }
}

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CallQuery {
    /// Only those through this service, by its id.
    #[param(max_length = 60)]
    service: Option<String>,
    /// Only those that looked, or only those that were to change something.
    effect: Option<CallEffect>,
    /// How many at most: 50 unless it is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// Which calls, and how they are written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Only those through this service, by its id.
    #[param(max_length = 60)]
    service: Option<String>,
    /// Only those that looked, or only those that were to change something.
    effect: Option<CallEffect>,
    /// JSON unless it is said.
    #[serde(default)]
    format: Format,
}

/// The longest id of a service that is asked for.
const LONGEST_SERVICE: usize = 60;

fn known(service: Option<String>) -> Result<Option<String>, AppError> {
    if service.as_ref().is_some_and(|id| id.chars().count() > LONGEST_SERVICE) {
        let words = "No service has an id of this length. The log names the ids that it knows.";
        return Err(AppError::new(ErrorKind::Invalid, "bad_request", words));
    }
    Ok(service)
}

/// Lists what Aura did through the person's accounts
///
/// The newest first: what was read and changed, what failed, and what was not made because it was not approved. Kept for
/// one year.
#[utoipa::path(
    get,
    path = "/api/v1/calls",
    operation_id = "list_calls",
    tag = "connections",
    security(("bearer" = [])),
    params(CallQuery),
    responses((status = 200, body = Page<ServiceCall>), Refused)
)]
async fn list(
    State(chat): State<Chat>,
    principal: Principal,
    Query(query): Query<CallQuery>,
) -> Result<Json<Page<ServiceCall>>, Refusal> {
    principal.allow(Scope::ConnectionsRead)?;
    let usual = u16::try_from(PAGE).ok();
    let page = PageQuery::new(query.limit.or(usual), query.cursor);
    let (service, effect) = (known(query.service)?, CallEffect::wanted(query.effect));
    let rows = chat.calls(principal.user, service.as_deref(), effect, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |done| done.call.id, ServiceCall::from)?))
}

/// All of that log as a file
///
/// As a list in JSON, or as CSV (RFC 4180) with a line of names first. An answer that breaks off is not whole.
#[utoipa::path(
    get,
    path = "/api/v1/calls/export",
    operation_id = "export_calls",
    tag = "connections",
    security(("bearer" = [])),
    params(ExportQuery),
    responses(
        (status = 200, description = "The log.", content((Vec<ServiceCall> = "application/json"), (String = "text/csv"))),
        Refused
    )
)]
async fn export_all(
    State(chat): State<Chat>,
    principal: Principal,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Refusal> {
    principal.allow(Scope::ConnectionsRead)?;
    Ok(export::file(chat, principal.user, known(query.service)?, CallEffect::wanted(query.effect), query.format))
}
