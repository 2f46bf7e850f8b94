//! `GET /api/auth/session`: four fields about who is signed in, and nothing else. No token and no address leaves here.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer};

use crate::{
    error::AppError,
    identity::{Identity, session::Session},
    integrations::{Integrations, model::ConnectionState},
    kit::id::UserId,
    platform::{refusal::Refusal, routes::Routes},
};

const SPOTIFY: &str = "spotify";

/// The address, over the services that know the answer.
pub fn routes(identity: Identity, integrations: Integrations) -> Routes {
    Routes::new().get("/api/auth/session", current).with_state((identity, integrations))
}

/// What a client of ours is told about the session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionInfo {
    id: UserId,
    handle: Option<String>,
    display_name: String,
    spotify_connected: Connected,
}

/// `true`, `false`, or `"needs_reauth"` where the person must sign in at the service again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connected {
    Yes,
    No,
    NeedsReauth,
}

impl Serialize for Connected {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes => serializer.serialize_bool(true),
            Self::No => serializer.serialize_bool(false),
            Self::NeedsReauth => serializer.serialize_str("needs_reauth"),
        }
    }
}

impl Connected {
    /// One account that works is enough.
    fn of(states: impl IntoIterator<Item = ConnectionState>) -> Self {
        states.into_iter().fold(Self::No, |so_far, state| match (so_far, state) {
            (Self::Yes, _) | (_, ConnectionState::Active | ConnectionState::Partial) => Self::Yes,
            (_, ConnectionState::NeedsReauth) => Self::NeedsReauth,
        })
    }
}

async fn current(
    State((identity, integrations)): State<(Identity, Integrations)>,
    session: Option<axum::Extension<Session>>,
) -> Result<Response, Refusal> {
    // A program asks, so nobody is sent to the sign-in page, whatever it accepts.
    let axum::Extension(session) = session.ok_or_else(AppError::unauthenticated)?;
    let connections = integrations.connections(session.user).await?;
    let spotify = connections.into_iter().filter(|connection| connection.provider == SPOTIFY);
    let info = SessionInfo {
        id: session.user,
        handle: identity.handle(session.user).await?,
        spotify_connected: Connected::of(spotify.map(|connection| connection.state)),
        display_name: session.display_name,
    };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(info)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_that_works_is_enough() {
        use ConnectionState::{Active, NeedsReauth, Partial};
        for (states, connected) in [
            (&[][..], Connected::No),
            (&[Active][..], Connected::Yes),
            (&[Partial][..], Connected::Yes),
            (&[NeedsReauth][..], Connected::NeedsReauth),
            (&[NeedsReauth, Active][..], Connected::Yes),
            (&[Active, NeedsReauth][..], Connected::Yes),
        ] {
            assert_eq!(Connected::of(states.iter().copied()), connected, "{states:?}");
        }
    }
}
