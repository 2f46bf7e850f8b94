//! Sessions: tokens on the way in, rotation of refresh tokens, the way out.

use crate::privy::APP_ID;
use crate::privy::accounts::compact;
use crate::privy::ask::Ask;
use crate::privy::keys::random;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::Privy;
use crate::privy::users::{Entered, User};
use serde_json::{Value, json};

/// Audience of the token that is meant for Privy alone.
pub const PRIVY_AUDIENCE: &str = "privy.io";
/// A refresh token that was just exchanged may come once more, since clients repeat a call that broke off.
const GRACE_SECONDS: i64 = 30;
/// Life of a refresh token.
const REFRESH_SECONDS: i64 = 30 * 86_400;

/// One way in on one device.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub user: String,
    /// It was ended.
    pub ended: bool,
    /// When it began.
    pub began: i64,
}

impl Privy {
    /// Opens a session for somebody who came in, and tells all about it.
    pub fn open_session(&mut self, entered: &Entered, oauth_tokens: Option<Value>) -> Outcome {
        let id = format!("cs{}", random(22).to_lowercase());
        let began = self.now();
        self.sessions.insert(id.clone(), Session { user: entered.user.clone(), ended: false, began });
        let mut answer = self.tokens(&id)?;
        if let Some(object) = answer.as_object_mut() {
            object.insert("is_new_user".into(), entered.is_new.into());
            if let Some(tokens) = oauth_tokens {
                object.insert("oauth_tokens".into(), tokens);
            }
        }
        ok(answer)
    }

    /// A refresh token that was not used yet.
    fn new_refresh_token(&mut self, session: &str) -> String {
        let token = random(64);
        self.refresh.insert(token.clone(), (session.to_owned(), None));
        token
    }

    /// Fresh tokens of a session.
    fn tokens(&mut self, session: &str) -> Result<Value, Problem> {
        let refresh = self.new_refresh_token(session);
        let mut answer = self.short_tokens(session)?;
        if let Some(object) = answer.as_object_mut() {
            object.insert("refresh_token".into(), refresh.into());
            object.insert("session_update_action".into(), "set".into());
        }
        Ok(answer)
    }

    /// Fresh tokens of a session, without a refresh token.
    fn short_tokens(&self, session: &str) -> Result<Value, Problem> {
        let user = self.sessions.get(session).and_then(|found| self.user(&found.user)).ok_or_else(Problem::token)?;
        Ok(json!({
            "user": user.json(),
            "token": self.access_token(session, user, APP_ID),
            "privy_access_token": self.access_token(session, user, PRIVY_AUDIENCE),
            "identity_token": self.identity_token(user),
            "session_update_action": "ignore",
        }))
    }

    fn access_token(&self, session: &str, user: &User, audience: &str) -> String {
        let now = self.now();
        self.sign(&json!({
            "sid": session, "sub": user.id, "iss": "privy.io", "aud": audience, "iat": now, "exp": now + self.token_seconds,
        }))
    }

    /// The person in short; texts where Privy has texts, JSON in them included.
    pub fn identity_token(&self, user: &User) -> String {
        let now = self.now();
        let accounts: Vec<Value> = user.accounts.iter().map(compact).collect();
        let mut claims = json!({
            "sub": user.id, "iss": "privy.io", "aud": APP_ID, "iat": now, "exp": now + self.token_seconds,
            "cr": user.created_at.to_string(), "linked_accounts": Value::Array(accounts).to_string(),
        });
        if let Some(object) = claims.as_object_mut() {
            if let Some(metadata) = &user.metadata {
                object.insert("custom_metadata".into(), Value::Object(metadata.clone()).to_string().into());
            }
            if user.guest.is_some() {
                object.insert("guest".into(), "t".into());
            }
        }
        self.sign(&claims)
    }

    /// The session of a bearer: either of the two access tokens.
    pub fn bearer(&self, ask: &Ask<'_>) -> Result<String, Problem> {
        let token = ask.call.authorization("Bearer").ok_or_else(Problem::token)?;
        let claims =
            self.open(token, PRIVY_AUDIENCE).or_else(|| self.open(token, APP_ID)).ok_or_else(Problem::token)?;
        let session = claims.get("sid").and_then(Value::as_str).ok_or_else(Problem::token)?;
        self.sessions.get(session).filter(|found| !found.ended).ok_or_else(Problem::token)?;
        Ok(session.to_owned())
    }

    /// The person of a bearer.
    pub fn person(&self, ask: &Ask<'_>) -> Result<String, Problem> {
        let session = self.bearer(ask)?;
        self.sessions.get(&session).map(|found| found.user.clone()).ok_or_else(Problem::token)
    }

    /// Ends all sessions of a person.
    pub fn end_sessions(&mut self, user: &str) {
        for session in self.sessions.values_mut().filter(|session| session.user == user) {
            session.ended = true;
        }
    }
}

/// `POST /sessions`: a refresh token against fresh tokens, once.
pub fn refresh(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let token = ask.text("refresh_token").map_err(|_| Problem::token())?;
    let (session, used) = privy.refresh.get(token).cloned().ok_or_else(Problem::token)?;
    let now = privy.now();
    let live = privy.sessions.get(&session).is_some_and(|found| !found.ended && now < found.began + REFRESH_SECONDS);
    if !live {
        return Err(Problem::token());
    }
    match used {
        None => {
            privy.refresh.insert(token.to_owned(), (session.clone(), Some(now)));
            ok(privy.tokens(&session)?)
        }
        Some(at) if now - at <= GRACE_SECONDS => ok(privy.short_tokens(&session)?),
        Some(_) => {
            // Two hold the same token: nobody can tell who stole it, so the session is over.
            if let Some(found) = privy.sessions.get_mut(&session) {
                found.ended = true;
            }
            Err(Problem::token())
        }
    }
}

/// `POST /sessions/logout`.
pub fn log_out(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let named = ask.text("refresh_token").ok().and_then(|token| privy.refresh.get(token)).map(|(id, _)| id.clone());
    let id = match named {
        Some(id) => id,
        None => privy.bearer(ask)?,
    };
    match privy.sessions.get_mut(&id) {
        Some(session) if !session.ended => {
            session.ended = true;
            ok(json!({ "success": true }))
        }
        _ => Err(Problem::new(400, "already_logged_out", "Already logged out")),
    }
}

/// `GET /users/me`.
pub fn me(privy: &Privy, ask: &Ask<'_>) -> Outcome {
    let id = privy.person(ask)?;
    let user = privy.user(&id).ok_or_else(Problem::token)?;
    ok(json!({ "user": user.json(), "identity_token": privy.identity_token(user) }))
}

/// `POST /users/me/accept_terms`.
pub fn accept_terms(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let id = privy.person(ask)?;
    let user = privy.user_mut(&id)?;
    user.accepted_terms = true;
    ok(user.json())
}
