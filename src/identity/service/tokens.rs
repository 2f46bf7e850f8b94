//! What programs are signed in with: an access token, checked against its session on every use, and a refresh token
//! that renews it.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{Identity, IdentityError, Method, Notice};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        bearer::{Credential, Principal},
        model::Role,
        store::{self, NewProgramSession, NewRefreshToken},
    },
    kit::id::{DeviceId, RefreshTokenId, SessionId, UserId},
    platform::{
        audit,
        crypto::{
            digest,
            jwt::{self, Algorithm, Expected, JwtError},
        },
    },
};

/// The type of our access tokens (RFC 9068 §2.1), so that no other token of ours passes for one.
const TYPE: &str = "at+jwt";
/// How exactly the last use of a session is known.
const USE_NOTED_EVERY: Duration = Duration::minutes(1);

/// The device that a program runs on, as it tells.
#[derive(Clone, Copy)]
pub struct ProgramDevice<'a> {
    /// One that it was given before; another's, or one that is gone, is made anew.
    pub id: Option<DeviceId>,
    /// What its owner calls it.
    pub name: &'a str,
    /// One of the platforms of the table `devices`.
    pub platform: &'a str,
    pub app_version: Option<&'a str>,
}

/// A program on its way in.
#[derive(Clone, Copy)]
pub struct ArrivingProgram<'a> {
    pub user_agent: &'a str,
    /// The network address, as its owner is shown it.
    pub address: &'a str,
    /// The network address, as the limits count it.
    pub limit_key: &'a str,
    pub device: ProgramDevice<'a>,
}

/// What a program keeps. It holds secrets: no `Debug`.
pub struct IssuedTokens {
    pub access_token: String,
    /// Seconds from now.
    pub expires_in: i64,
    /// 64 hexadecimal characters; it works once.
    pub refresh_token: Zeroizing<String>,
    /// Until when the program stays signed in, however often it renews.
    pub refresh_expires_at: OffsetDateTime,
    pub user: UserId,
    pub session: SessionId,
    pub device: DeviceId,
}

/// Why a token is not believed.
#[derive(Debug, Error)]
pub enum TokenError {
    /// It was valid until some time ago.
    #[error("the access token has expired")]
    Expired,
    /// It is none of ours.
    #[error("no access token of ours: {0}")]
    Invalid(JwtError),
    /// Its session was ended, or its person is closed off or gone.
    #[error("the session has ended")]
    Ended,
    /// The database failed.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<sqlx::Error> for TokenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<TokenError> for AppError {
    fn from(error: TokenError) -> Self {
        let (code, message) = match error {
            TokenError::Expired => ("token_expired", "The access token has expired. Renew it with the refresh token."),
            TokenError::Invalid(_) => ("token_invalid", "This is no access token of ours. Sign in again."),
            TokenError::Ended => ("session_ended", "This session has ended. Sign in again."),
            TokenError::Identity(error) => return error.into(),
        };
        Self::new(ErrorKind::Unauthenticated, code, message)
    }
}

/// What an access token says. `role` is a hint for clients; the row decides.
#[derive(Serialize, Deserialize)]
struct AccessClaims {
    iss: String,
    aud: String,
    sub: UserId,
    user_id: UserId,
    session_id: SessionId,
    device_id: DeviceId,
    role: Role,
    jti: RefreshTokenId,
    iat: i64,
    exp: i64,
}

/// What a token for one purpose says.
#[derive(Serialize)]
struct NarrowClaims {
    iss: String,
    aud: String,
    sub: UserId,
    user_id: UserId,
    session_id: SessionId,
    jti: RefreshTokenId,
    iat: i64,
    exp: i64,
}

impl Identity {
    /// Signs a program in for a person who has just proved who they are, in the caller's transaction.
    ///
    /// # Errors
    /// When the person is suspended or gone, or the database is away.
    pub async fn open_program_session(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        new_person: bool,
        method: &Method,
        arriving: &ArrivingProgram<'_>,
    ) -> Result<IssuedTokens, IdentityError> {
        let now = self.clock.now();
        self.let_in(tx, user, now).await?;
        let (device, new_device) = self.device_of(tx, user, &arriving.device, now).await?;
        let session: SessionId = self.random.id(now);
        let expires_at = now + self.tokens.refresh_lasts;
        let new = NewProgramSession {
            id: session,
            user,
            device,
            method: method.as_str(),
            user_agent: arriving.user_agent,
            address: arriving.address,
            created_at: now,
            expires_at,
        };
        store::insert_program_session(tx, &new).await?;
        let (refresh_token, _) = self.new_refresh_token(tx, user, session, None, expires_at, now).await?;
        let detail = serde_json::json!({ "method": method.as_str(), "device": arriving.device.name });
        audit::record(tx, &self.random, now, user, "signed_in", detail).await?;
        if new_device && !new_person {
            let ProgramDevice { name, platform, .. } = arriving.device;
            let notice = Notice::NewDevice { name, platform, address: arriving.address };
            self.notify(tx, user, &notice).await?;
        }
        let role = store::role_of(tx, user).await?;
        self.issued(user, session, device, role, refresh_token, expires_at, now)
    }

    /// Whom an access token acts for. Its session is looked up on every use, so that one that was ended is refused at
    /// once, everywhere.
    ///
    /// # Errors
    /// When the token is not believed, or the database is away.
    pub async fn principal(&self, token: &str) -> Result<Principal, TokenError> {
        self.believe(token, TYPE).await
    }

    /// The same for a token of another type, which opens nothing but what asks for that type.
    ///
    /// # Errors
    /// When the token is not believed, or the database is away.
    pub async fn believe(&self, token: &str, typ: &str) -> Result<Principal, TokenError> {
        let now = self.clock.now();
        let issuer = self.issuer_name();
        let expected = Expected {
            algorithms: &[Algorithm::Rs256],
            issuers: &[issuer],
            audience: issuer,
            leeway: Duration::ZERO,
            typ: Some(typ),
        };
        let claims = jwt::verify(token, self.tokens.issuer.keys(), &expected, now).map_err(|error| match error {
            JwtError::Expired => TokenError::Expired,
            other => TokenError::Invalid(other),
        })?;
        let id = |name| claims.text(name).and_then(|text| text.parse().ok());
        let (Some(session), Some(user)) =
            (id("session_id"), claims.text("user_id").and_then(|text| text.parse::<UserId>().ok()))
        else {
            return Err(TokenError::Invalid(JwtError::Claim("session_id")));
        };
        let mut connection = self.db.acquire().await?;
        let found = store::program_session(&mut connection, user, session, now).await?;
        let row = found.ok_or(TokenError::Ended)?;
        if row.last_used_at + USE_NOTED_EVERY <= now {
            store::note_use(&mut connection, user, session, now, now - USE_NOTED_EVERY).await?;
        }
        Ok(Principal {
            user,
            role: if row.is_admin { Role::Admin } else { Role::Member },
            credential: Credential::Token { session, device: row.device, proved_at: row.proved_at },
        })
    }

    /// A token of another type than access tokens, for a session of a program; how many seconds it lasts.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn narrow_token(
        &self,
        typ: &str,
        user: UserId,
        session: SessionId,
        lasts: Duration,
    ) -> Result<(String, i64), IdentityError> {
        let now = self.clock.now();
        let issuer = self.issuer_name().to_owned();
        let claims = NarrowClaims {
            iss: issuer.clone(),
            aud: issuer,
            sub: user,
            user_id: user,
            session_id: session,
            jti: self.random.id(now),
            iat: now.unix_timestamp(),
            exp: (now + lasts).unix_timestamp(),
        };
        let token = self.tokens.issuer.sign(typ, &claims).map_err(IdentityError::Signing)?;
        Ok((token, lasts.whole_seconds()))
    }

    /// The keys that our tokens are checked with, as a JWK set.
    #[must_use]
    pub fn jwks(&self) -> &str {
        self.tokens.issuer.jwks()
    }

    /// A refresh token with a signed access token beside it, which does not outlive the session.
    #[expect(clippy::too_many_arguments, reason = "each is one word of the answer")]
    pub(super) fn issued(
        &self,
        user: UserId,
        session: SessionId,
        device: DeviceId,
        role: Role,
        refresh_token: Zeroizing<String>,
        refresh_expires_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<IssuedTokens, IdentityError> {
        let lasts = self.tokens.access_lasts.min(refresh_expires_at - now);
        let issuer = self.issuer_name().to_owned();
        let claims = AccessClaims {
            iss: issuer.clone(),
            aud: issuer,
            sub: user,
            user_id: user,
            session_id: session,
            device_id: device,
            role,
            jti: self.random.id(now),
            iat: now.unix_timestamp(),
            exp: (now + lasts).unix_timestamp(),
        };
        let access_token = self.tokens.issuer.sign(TYPE, &claims).map_err(IdentityError::Signing)?;
        let expires_in = lasts.whole_seconds();
        Ok(IssuedTokens { access_token, expires_in, refresh_token, refresh_expires_at, user, session, device })
    }

    /// A new refresh token, in clear for the program and as a digest in its row.
    pub(super) async fn new_refresh_token(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        session: SessionId,
        parent: Option<RefreshTokenId>,
        expires_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(Zeroizing<String>, RefreshTokenId), IdentityError> {
        let token = Zeroizing::new(hex::encode(*Zeroizing::new(self.random.bytes::<32>())));
        let id: RefreshTokenId = self.random.id(now);
        let new = NewRefreshToken { id, user, session, token_hash: &digest(token.as_bytes()), parent, expires_at, now };
        store::insert_refresh_token(tx, &new).await?;
        Ok((token, id))
    }

    /// Who signs our tokens, and whom they are for: this installation, by its public address.
    fn issuer_name(&self) -> &str {
        self.public_url.as_str()
    }
}
