//! The only error that leaves Aura: a kind that decides the status, a code for programs, a sentence for people.

use std::fmt;

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// What sort of refusal this is; each has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// 400: the request cannot be understood or was tampered with.
    Invalid,
    /// 401: nobody is signed in.
    Unauthenticated,
    /// 403: the signed-in person may not do this.
    Forbidden,
    /// 404: it does not exist, or belongs to somebody else.
    NotFound,
    /// 409: it collides with something that is there.
    Conflict,
    /// 410: it was there and has expired or was used.
    Gone,
    /// 413: the body is larger than allowed.
    TooLarge,
    /// 412: it has changed since it was read.
    Changed,
    /// 415: the body is of a type that is not taken here.
    UnsupportedType,
    /// 416: the part that is asked for lies beyond the end.
    OutOfRange,
    /// 422: a field does not hold what it must.
    Unprocessable,
    /// 426: the program that asks is too old; it has to be updated.
    Outdated,
    /// 429: too often; `retry_after` says for how long.
    Limited,
    /// 500: a fault of ours.
    Internal,
    /// 501: this installation has not set this up.
    NotSetUp,
    /// 502: an outside service failed.
    Upstream,
    /// 503: a part we need is away for the moment.
    Unavailable,
}

impl ErrorKind {
    /// The HTTP status code of this kind.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooLarge => 413,
            Self::Changed => 412,
            Self::UnsupportedType => 415,
            Self::OutOfRange => 416,
            Self::Unprocessable => 422,
            Self::Outdated => 426,
            Self::Limited => 429,
            Self::Internal => 500,
            Self::NotSetUp => 501,
            Self::Upstream => 502,
            Self::Unavailable => 503,
        }
    }
}

/// The limit that a refusal for trying too often came from, for headers of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Which limit it is.
    pub name: &'static str,
    /// So many hits …
    pub hits: u32,
    /// … within so many seconds.
    pub seconds: u32,
}

/// A refusal as a browser or a program sees it. It may travel in an address, so it holds nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    /// Decides the status.
    pub kind: ErrorKind,
    /// Stable, lower case, underscores: `code_expired`.
    pub code: String,
    /// One or two plain sentences: what happened and what to do.
    pub message: String,
    /// The form field that is wrong, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait before trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The limit that was met; it stands in headers and not in bodies.
    #[serde(skip)]
    pub quota: Option<Quota>,
}

impl AppError {
    /// A refusal with its code and sentence.
    pub fn new(kind: ErrorKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), field: None, retry_after: None, quota: None }
    }

    /// A fault of ours, whose cause stays in the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            ErrorKind::Internal,
            "internal",
            "Something went wrong on our side. Nothing was changed. Try again, and tell us the request id if it stays.",
        )
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(ErrorKind::Unauthenticated, "unauthenticated", "Sign in to go on.")
    }

    /// Not there, or not yours: the two look the same.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorKind::NotFound, "not_found", format!("This {what} does not exist, or it is not yours."))
    }

    /// Too often.
    #[must_use]
    pub fn limited(retry_after: u32) -> Self {
        let mut error = Self::new(
            ErrorKind::Limited,
            "too_many_requests",
            format!("Too many tries. Wait {retry_after} seconds, then try again."),
        );
        error.retry_after = Some(retry_after);
        error
    }

    /// Names the form field at fault.
    #[must_use]
    pub fn on_field(mut self, field: &str) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::new(
                    ErrorKind::Invalid,
                    "bad_request",
                    "The form was not complete. Reload the page and try again.",
                )
            }
            ServerFnErrorErr::Request(_) => Self::new(
                ErrorKind::Unavailable,
                "no_connection",
                "Aura could not be reached. Check your connection and try again.",
            ),
            _ => Self::internal(),
        }
    }
}
