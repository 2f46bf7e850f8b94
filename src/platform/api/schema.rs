use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, RefOr, ResponseBuilder, Schema, SchemaFormat,
        response::Response,
        schema::{KnownFormat, Ref, Type},
    },
};

use crate::kit::id;

/// The name of the bearer scheme in the contract: `security(("bearer" = []))`.
pub const BEARER: &str = "bearer";

/// A refusal (RFC 9457), as every route writes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells refusals apart.
    pub r#type: String,
    /// The standard words for the status.
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do, in a sentence or two.
    pub detail: String,
    /// What sort of refusal it is: `invalid`, `not_found`, `limited`, …
    pub kind: String,
    /// Stable, for programs: `token_expired`.
    pub code: String,
    /// The same as `detail`.
    pub message: String,
    /// Names this request in our log.
    pub request_id: String,
    /// The member of the body or of the query that is wrong, where one is; `file` where a file itself is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait before trying again, where that helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// With `app_outdated`: where the new version is to be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_url: Option<String>,
}

/// A body that is no text: a file.
pub struct Bytes;

impl PartialSchema for Bytes {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).build().into()
    }
}

impl ToSchema for Bytes {
    fn name() -> Cow<'static, str> {
        "Bytes".into()
    }
}

/// The refusals of a route: each of 4xx and 5xx is a [`Problem`].
pub struct Refused;

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
        [("4XX", "Refused: the code says why, the sentence what to do."), ("5XX", "Not now: nothing was changed.")]
            .into_iter()
            .map(|(status, told)| {
                let response =
                    ResponseBuilder::new().description(told).content("application/problem+json", problem()).build();
                (status.to_owned(), RefOr::T(response))
            })
            .collect()
    }
}

macro_rules! shown {
    ($($name:ident)*) => {$(
        impl PartialSchema for id::$name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::Custom("uuid".to_owned())))
                    .into()
            }
        }

        impl ToSchema for id::$name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )*};
}

shown! { UserId SessionId TeamId DeviceId VerificationId NotificationId FileId ApiKeyId OwnAppId ConnectionId ToolCallId ApprovalId ConversationId RunId AppVersionId WebhookEndpointId WebhookDeliveryId MusicExportId }
