//! What a consent has brought, from its return until it is stored; and how it waits sealed for a word of its person.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::{
    identity::Whose,
    keep::{Account, granted, state_of},
    visit::Back,
};
use crate::{
    integrations::model::ConnectionState,
    kit::id::{ConnectionId, OwnAppId},
    providers::{
        Blanks, Credential, Oauth,
        oauth::reply::{Second, TokenReply},
    },
};

/// A consent with the tokens that it gave.
pub(super) struct Consent {
    pub(super) tokens: TokenReply,
    pub(super) asked: Vec<String>,
    pub(super) fingerprint: Option<[u8; 32]>,
    pub(super) own_app: Option<OwnAppId>,
    pub(super) blanks: Blanks,
    /// The connection that it is to renew.
    pub(super) reconnect: Option<ConnectionId>,
    pub(super) next: String,
    /// When it was given.
    pub(super) at: OffsetDateTime,
}

impl Consent {
    /// That of a visit, with the reply to its code.
    pub(super) fn of(back: &Back, tokens: TokenReply, at: OffsetDateTime) -> Self {
        // Coming in asks for more than a connection needs; what a connection asks for stands in the entry.
        let known = |name: &&String| {
            back.oauth.scopes.iter().chain(&back.oauth.optional_scopes).any(|scope| scope.name == **name)
        };
        let mut blanks = back.blanks.clone();
        blanks.extend(tokens.blanks.clone());
        Self {
            asked: back.flow.scopes.iter().filter(known).cloned().collect(),
            // The exchange has compared it with the client's.
            fingerprint: <[u8; 32]>::try_from(back.flow.client_fingerprint.as_slice()).ok(),
            own_app: back.flow.own_app,
            blanks,
            reconnect: back.flow.reconnect,
            next: back.flow.next_path.clone(),
            at,
            tokens,
        }
    }

    /// What calls are made with.
    pub(super) fn credential(&self) -> Credential {
        Credential { token: self.tokens.access.clone(), fields: self.fields(), blanks: self.blanks.clone() }
    }

    /// The second token, by its name.
    fn fields(&self) -> BTreeMap<String, SecretString> {
        self.tokens.second.iter().map(|second| (second.name.clone(), second.access.clone())).collect()
    }

    /// The account as it is stored.
    pub(super) fn account(&self, oauth: Option<&Oauth>, whose: Whose) -> Account {
        let told = self.tokens.scopes.as_deref().or(whose.scopes.as_deref());
        let scopes = granted(&self.asked, told, self.tokens.refresh.is_some());
        let lasts = oauth
            .and_then(|oauth| oauth.consent_ttl)
            .and_then(|seconds| i64::try_from(seconds).ok())
            .map(Duration::seconds);
        Account {
            state: oauth.map_or(ConnectionState::Active, |oauth| state_of(oauth, &self.asked, &scopes)),
            id: whose.id,
            label: whose.label,
            asked: self.asked.clone(),
            scopes,
            fingerprint: self.fingerprint,
            own_app: self.own_app,
            blanks: self.blanks.clone(),
            fields: self.fields(),
            consent_expires_at: lasts.and_then(|lasts| self.at.checked_add(lasts)),
        }
    }

    /// As it waits, to be sealed at once.
    pub(super) fn written(&self) -> Value {
        let shown = |secret: &SecretString| Value::from(secret.expose_secret());
        let moment = |moment: Option<OffsetDateTime>| moment.map(OffsetDateTime::unix_timestamp);
        let tokens = &self.tokens;
        let second =
            tokens.second.as_ref().map(|second| json!({ "name": second.name, "access": shown(&second.access) }));
        json!({
            "access": shown(&tokens.access),
            "refresh": tokens.refresh.as_ref().map(shown),
            "expires_at": moment(tokens.expires_at),
            "refresh_expires_at": moment(tokens.refresh_expires_at),
            "scopes": tokens.scopes,
            "second": second,
            "asked": self.asked,
            "fingerprint": self.fingerprint.map(hex::encode),
            "own_app": self.own_app.map(|id| id.to_string()),
            "blanks": self.blanks,
            "reconnect": self.reconnect.map(|id| id.to_string()),
            "next": self.next,
            "at": self.at.unix_timestamp(),
        })
    }

    /// From what waited; none where it is not what was written.
    pub(super) fn read(written: &Value) -> Option<Self> {
        let fields = written.as_object()?;
        let print = text(fields, "fingerprint").and_then(|print| hex::decode(print).ok());
        let second = fields
            .get("second")
            .and_then(Value::as_object)
            .and_then(|second| Some(Second { name: text(second, "name")?, access: text(second, "access")?.into() }));
        Some(Self {
            tokens: TokenReply {
                refresh: text(fields, "refresh").map(Into::into),
                expires_at: moment(fields, "expires_at"),
                refresh_expires_at: moment(fields, "refresh_expires_at"),
                scopes: list(fields, "scopes"),
                second,
                ..TokenReply::lasting(text(fields, "access")?.into())
            },
            asked: list(fields, "asked")?,
            fingerprint: print.and_then(|print| print.try_into().ok()),
            own_app: text(fields, "own_app").and_then(|id| id.parse().ok()),
            blanks: serde_json::from_value(fields.get("blanks")?.clone()).ok()?,
            reconnect: text(fields, "reconnect").and_then(|id| id.parse().ok()),
            next: text(fields, "next")?,
            at: moment(fields, "at")?,
        })
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().map(str::to_owned)
}

fn list(fields: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    Some(fields.get(name)?.as_array()?.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect())
}

fn moment(fields: &Map<String, Value>, name: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(fields.get(name)?.as_i64()?).ok()
}
