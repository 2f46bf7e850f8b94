//! The program behind a request, and the person it acts for: a signed access token in `Authorization: Bearer`, whose
//! session is looked up on every use. A token says who it was given to; what counts is the row.

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    Identity,
    model::Role,
    service::Asker,
    session::{FunctionLayer, PROOF_LASTS},
};
use crate::{
    error::{AppError, ErrorKind},
    kit::id::{ApiKeyId, DeviceId, SessionId, UserId},
    platform::{api::idempotency::Owner, limits, refusal::Refusal, telemetry},
};

/// Whom a program acts for, and what it may do.
#[derive(Clone, Debug)]
pub struct Principal {
    pub user: UserId,
    /// As the row has it, whatever the token says.
    pub role: Role,
    pub credential: Credential,
}

/// What the program has shown.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An access token: the person signed in with it.
    Token {
        session: SessionId,
        /// None: it was removed, and the session with it, a moment ago.
        device: Option<DeviceId>,
        /// When they last proved who they are.
        proved_at: OffsetDateTime,
    },
    /// A key that they made, with what they allow.
    Key { id: ApiKeyId, scopes: Vec<Scope> },
}

/// What a key may do. An access token may do all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
pub enum Scope {
    #[schema(rename = "profile:read")]
    ProfileRead,
    #[schema(rename = "profile:write")]
    ProfileWrite,
    #[schema(rename = "files:read")]
    FilesRead,
    #[schema(rename = "files:write")]
    FilesWrite,
    #[schema(rename = "notifications:read")]
    NotificationsRead,
    #[schema(rename = "notifications:write")]
    NotificationsWrite,
    #[schema(rename = "connections:read")]
    ConnectionsRead,
    #[schema(rename = "connections:write")]
    ConnectionsWrite,
    #[schema(rename = "webhooks:read")]
    WebhooksRead,
    #[schema(rename = "webhooks:write")]
    WebhooksWrite,
    /// Access tokens of services that the person has connected.
    #[schema(rename = "tokens:read")]
    TokensRead,
}

impl Scope {
    /// All of them, as they are offered.
    pub const ALL: [Self; 11] = [
        Self::ProfileRead,
        Self::ProfileWrite,
        Self::FilesRead,
        Self::FilesWrite,
        Self::NotificationsRead,
        Self::NotificationsWrite,
        Self::ConnectionsRead,
        Self::ConnectionsWrite,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::TokensRead,
    ];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProfileRead => "profile:read",
            Self::ProfileWrite => "profile:write",
            Self::FilesRead => "files:read",
            Self::FilesWrite => "files:write",
            Self::NotificationsRead => "notifications:read",
            Self::NotificationsWrite => "notifications:write",
            Self::ConnectionsRead => "connections:read",
            Self::ConnectionsWrite => "connections:write",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::TokensRead => "tokens:read",
        }
    }

    /// From how it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl Principal {
    /// Lets a key go on that may do this.
    ///
    /// # Errors
    /// `scope_missing` (403) otherwise.
    pub fn allow(&self, scope: Scope) -> Result<(), AppError> {
        match &self.credential {
            Credential::Key { scopes, .. } if !scopes.contains(&scope) => Err(AppError::new(
                ErrorKind::Forbidden,
                "scope_missing",
                format!("This key may not do that: it lacks `{}`. Make one that has it.", scope.as_str()),
            )),
            _ => Ok(()),
        }
    }

    /// The session of the token; keys are turned away from what only a signed-in person does.
    ///
    /// # Errors
    /// `session_required` (403) for a key.
    pub fn session(&self) -> Result<SessionId, AppError> {
        match self.credential {
            Credential::Token { session, .. } => Ok(session),
            Credential::Key { .. } => Err(AppError::new(
                ErrorKind::Forbidden,
                "session_required",
                "A key cannot do this. Sign in, and use the access token.",
            )),
        }
    }

    /// The same, where the person has lately proved who they are.
    ///
    /// # Errors
    /// `session_required`, or `prove_first` (403) when the proof is older than ten minutes.
    pub fn recent_session(&self, now: OffsetDateTime) -> Result<SessionId, AppError> {
        let session = self.session()?;
        match self.credential {
            Credential::Token { proved_at, .. } if now < proved_at + PROOF_LASTS => Ok(session),
            _ => Err(AppError::new(
                ErrorKind::Forbidden,
                "prove_first",
                "This needs a proof that is not older than 10 minutes. Sign in again, then repeat it.",
            )),
        }
    }

    /// The person as services ask for them; `email` is their address.
    #[must_use]
    pub fn asker<'a>(&self, session: SessionId, email: Option<&'a str>) -> Asker<'a> {
        Asker { user: self.user, session, email }
    }

    /// Lets operators go on, with a token.
    ///
    /// # Errors
    /// `operators_only` (403) for everybody else.
    pub fn operator(&self) -> Result<SessionId, AppError> {
        if self.role == Role::Admin {
            return self.session();
        }
        Err(AppError::new(ErrorKind::Forbidden, "operators_only", "Only operators of this installation may do this."))
    }
}

/// Why a request that shows a credential has no principal.
#[derive(Clone)]
struct NotBelieved(AppError);

/// Finds who a request acts for and puts it into its extensions, or why it is not believed. A request without a
/// credential goes on as nobody's. Each 401 says what it asks for.
pub fn layer(identity: Identity) -> FunctionLayer<Identity> {
    from_fn_with_state(identity, |State(identity), request, next| Box::pin(read(identity, request, next)))
}

async fn read(identity: Identity, mut request: Request, next: Next) -> Response {
    let judged =
        request.extensions().get::<Principal>().is_some() || request.extensions().get::<NotBelieved>().is_some();
    if !judged && let Some(token) = presented(request.headers()) {
        match identity.principal(token).await {
            Ok(principal) => admit(&mut request, principal),
            Err(error) => refuse(&mut request, error.into()),
        }
    }
    let mut response = next.run(request).await;
    // Handlers refuse too: a wrong password, a refresh token that is spent.
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer");
        response.headers_mut().entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    response
}

/// What stands after `Bearer`.
#[must_use]
pub fn presented(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim()).filter(|credential| !credential.is_empty())
}

/// Notes who a request acts for.
pub fn admit(request: &mut Request, principal: Principal) {
    telemetry::note_user(request.extensions(), principal.user);
    request.extensions_mut().insert(limits::Key(principal.user.to_string()));
    request.extensions_mut().insert(Owner(principal.user));
    request.extensions_mut().insert(principal);
}

/// Notes why a request's credential is not believed.
pub fn refuse(request: &mut Request, why: AppError) {
    request.extensions_mut().insert(NotBelieved(why));
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        if let Some(principal) = parts.extensions.get::<Self>() {
            return Ok(principal.clone());
        }
        let (why, challenge) = match parts.extensions.get::<NotBelieved>() {
            Some(NotBelieved(why)) => (why.clone(), "Bearer error=\"invalid_token\""),
            None => (AppError::unauthenticated(), "Bearer"),
        };
        let challenged = why.kind == ErrorKind::Unauthenticated;
        let mut response = Refusal(why).into_response();
        if challenged {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        Err(response)
    }
}
