//! The door in front of the pages.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::model::PLACES;
use crate::{
    error::AppError,
    identity::{model::Role, session::Session},
    platform::refusal::Refusal,
};

/// For whoever is signed in and no operator, there is nothing at `/admin`; nor is there for an operator at a place that
/// does not exist. It stands inside the layer that finds the session and the one that asks strangers to sign in.
pub async fn keep_out(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !below(path, "/admin") {
        return next.run(request).await;
    }
    let operates = request.extensions().get::<Session>().is_some_and(|session| session.role == Role::Admin);
    if operates && is_place(path) {
        return next.run(request).await;
    }
    Refusal(AppError::not_found("page")).into_response()
}

fn below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|after| after.is_empty() || after.starts_with('/'))
}

/// A tab, or a person or a team below theirs.
fn is_place(path: &str) -> bool {
    let one = ["/admin/people/", "/admin/money/"].iter().find_map(|place| path.strip_prefix(place));
    one.is_some_and(|id| !id.is_empty() && !id.contains('/')) || PLACES.iter().any(|(place, _)| *place == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_tab_is_a_place() {
        for path in ["/admin", "/admin/jobs", "/admin/people", "/admin/people/x", "/admin/money", "/admin/money/x"] {
            assert!(is_place(path), "{path}");
        }
        for path in ["/admin/", "/admin/x", "/admin/people/", "/admin/people/x/y", "/admin/money/", "/administration"] {
            assert!(!is_place(path), "{path}");
        }
    }
}
