use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
};
use http::request::Parts;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::strict::Strict;
use crate::{
    error::{AppError, ErrorKind},
    platform::refusal::Refusal,
};

/// A JSON body. Its type has `deny_unknown_fields`, so that nobody sets what they may not by naming it.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Json(Object(value)) =
            Json::from_request(request, state).await.map_err(|rejection| Refusal(refused(&rejection)))?;
        Ok(Self(value))
    }
}

/// A JSON object, with objects in it wherever a struct is wanted.
struct Object<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(Strict(deserializer)).map(Self)
    }
}

/// The query of the address.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let axum::extract::Query(value) =
            axum::extract::Query::from_request_parts(parts, state).await.map_err(|rejection| {
                Refusal(AppError::new(ErrorKind::Unprocessable, "invalid_query", told(&rejection.body_text())))
            })?;
        Ok(Self(value))
    }
}

/// What the address names: a part that cannot name anything is like a name of nothing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Refusal(AppError::not_found("thing"))),
        }
    }
}

fn refused(rejection: &JsonRejection) -> AppError {
    let (kind, code, told) = match rejection {
        JsonRejection::JsonDataError(error) => (ErrorKind::Unprocessable, "invalid_body", told(&error.body_text())),
        JsonRejection::JsonSyntaxError(_) => (ErrorKind::Invalid, "not_json", "The body is no JSON.".to_owned()),
        JsonRejection::MissingJsonContentType(_) => (
            ErrorKind::UnsupportedType,
            "unsupported_media_type",
            "Send JSON, and say so: Content-Type: application/json.".to_owned(),
        ),
        _ => return crate::platform::refusal::too_large(),
    };
    AppError::new(kind, code, told)
}

/// What was wrong, after the framework's own first words.
fn told(text: &str) -> String {
    let what = text.split_once(": ").map_or(text, |(_, what)| what);
    let what: String = what.chars().take(200).collect();
    format!("This request does not fit: {what}.")
}
