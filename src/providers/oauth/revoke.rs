//! Gives access back: RFC 7009 and what vendors have instead.

use std::collections::BTreeMap;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use url::Url;

use super::{Client, request};
use crate::{
    platform::http::{Http, Request, Response},
    providers::{Blanks, Oauth, Revoke, RevokeStyle, Template, TokenAuth, TokenBody},
};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service has ended the access, or says that there was none any more.
    Revoked,
    /// The service offers no call for it.
    Unsupported,
    /// It could not be done.
    Failed,
}

/// Tokens that are to be ended.
#[derive(Default)]
pub struct Tokens {
    pub access: Option<SecretString>,
    pub refresh: Option<SecretString>,
    /// The second token of the same consent.
    pub second: Option<SecretString>,
}

impl Tokens {
    /// Only those that the vendor's call takes.
    #[must_use]
    pub fn taken_by(self, entry: &Revoke) -> Self {
        match entry.style {
            RevokeStyle::DeleteGrant | RevokeStyle::Deauthorize => Self { access: self.access, ..Self::default() },
            RevokeStyle::BearerDelete => Self { refresh: None, ..self },
            RevokeStyle::Rfc7009 if entry.field.is_some() => Self { refresh: None, ..self },
            _ => self,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.access.is_none() && self.refresh.is_none() && self.second.is_none()
    }
}

/// How it ended.
pub struct Ended {
    pub outcome: Outcome,
    /// What is not ended yet.
    pub left: Tokens,
    /// Seconds after which the service wants to be asked again.
    pub retry_after: Option<u32>,
}

impl Ended {
    /// An end without a word of the service on when to ask again.
    #[must_use]
    pub fn nothing(outcome: Outcome, left: Tokens) -> Self {
        Self { outcome, left, retry_after: None }
    }
}

/// The name under which `blanks` may hold the service's id of the account.
pub const ACCOUNT: &str = "account_id";

/// Ends the access behind these tokens: the refresh token first, so that nothing new can be made, then the access
/// token.
pub async fn revoke(
    http: &Http,
    oauth: &Oauth,
    client: &Client,
    blanks: &Blanks,
    tokens: Tokens,
    now: OffsetDateTime,
) -> Ended {
    let Some(entry) = &oauth.revoke else {
        return Ended::nothing(Outcome::Unsupported, Tokens::default());
    };
    let address = Template::try_from(entry.url.replace("{client_id}", &request::encoded(&client.id))).ok();
    let Some((address, url)) = address.and_then(|address| address.fill(blanks).map(|url| (address, url))) else {
        return Ended::nothing(Outcome::Failed, tokens);
    };
    let account = blanks.get(ACCOUNT).map_or("", String::as_str);
    let call = Call { http, oauth, entry, client, url, account, outside: address.is_open(), now };
    let Tokens { access, refresh, second } = tokens.taken_by(entry);
    let mut ended = Ended::nothing(Outcome::Revoked, Tokens::default());
    let mut first_is_gone = false;
    if let Some(token) = refresh {
        match call.end(&token, "refresh_token", access.as_ref()).await {
            Ok(()) => first_is_gone = true,
            Err(refusal) => ended.fail(&refusal, |left| left.refresh = Some(token)),
        }
    }
    let alone = entry.style == RevokeStyle::DeleteRefresh;
    if let Some(token) = access {
        if alone {
            // It was the proof for the call, and is for the next one.
            ended.left.access = ended.left.refresh.is_some().then_some(token);
        } else if let Err(refusal) = call.end(&token, "access_token", None).await
            // Where the refresh token has taken the access token with it, vendors refuse what is unknown to them.
            && !(first_is_gone && matches!(refusal.status, Some(400 | 401 | 404)))
        {
            ended.fail(&refusal, |left| left.access = Some(token));
        }
    }
    if let Some(token) = second
        && let Err(refusal) = call.end(&token, "access_token", None).await
    {
        ended.fail(&refusal, |left| left.second = Some(token));
    }
    ended
}

impl Ended {
    fn fail(&mut self, refusal: &Refusal, keep: impl FnOnce(&mut Tokens)) {
        self.outcome = Outcome::Failed;
        self.retry_after = self.retry_after.max(refusal.retry_after);
        keep(&mut self.left);
    }
}

struct Refusal {
    status: Option<u16>,
    retry_after: Option<u32>,
}

struct Call<'a> {
    http: &'a Http,
    oauth: &'a Oauth,
    entry: &'a Revoke,
    client: &'a Client,
    url: Url,
    /// The service's id of the account.
    account: &'a str,
    /// Whether a person decides which host it is.
    outside: bool,
    now: OffsetDateTime,
}

impl Call<'_> {
    async fn end(&self, token: &SecretString, hint: &str, proof: Option<&SecretString>) -> Result<(), Refusal> {
        let url = self.url.clone();
        let mut request = match self.entry.style {
            RevokeStyle::Rfc7009 => self.rfc7009(token, hint),
            // One call ends the whole grant, and it takes the access token only.
            RevokeStyle::DeleteGrant => Request::new(Method::DELETE, url)
                .basic(&self.client.id, &self.client.secret.clone().unwrap_or_default())
                .header("accept", "application/json")
                .json(json!({"access_token": token.expose_secret()})),
            // The account is named in the place of its token.
            RevokeStyle::Deauthorize => {
                let field = self.entry.field.clone().unwrap_or_default();
                let fields = vec![("client_id".to_owned(), self.client.id.clone()), (field, self.account.to_owned())];
                Request::new(Method::POST, url).bearer(self.client.secret.clone().unwrap_or_default()).form(fields)
            }
            RevokeStyle::BearerCall => Request::new(Method::POST, url).bearer(token.clone()),
            RevokeStyle::BearerDelete => Request::new(Method::DELETE, url).bearer(token.clone()),
            RevokeStyle::DeleteRefresh => {
                let mut url = url;
                if let Ok(mut path) = url.path_segments_mut() {
                    path.pop_if_empty().push(token.expose_secret());
                }
                let request = Request::new(Method::DELETE, url);
                proof.cloned().into_iter().fold(request, Request::bearer)
            }
        };
        for (name, value) in &self.entry.headers {
            request = request.header(&name.to_ascii_lowercase(), value);
        }
        request = request.deadline(request::DEADLINE).limit(request::LARGEST);
        if self.outside {
            request = request.user_supplied();
        }
        let response = self.http.send(request).await.map_err(|_| Refusal { status: None, retry_after: None })?;
        if is_gone(self.entry, &response) {
            return Ok(());
        }
        Err(Refusal { status: Some(response.status), retry_after: response.retry_after(self.now) })
    }

    fn rfc7009(&self, token: &SecretString, hint: &str) -> Request {
        let mut request = Request::new(Method::POST, self.url.clone());
        let mut fields: BTreeMap<&str, String> = BTreeMap::new();
        match &self.entry.field {
            Some(field) => fields.insert(field, token.expose_secret().to_owned()),
            None => {
                fields.insert("token_type_hint", hint.to_owned());
                fields.insert("token", token.expose_secret().to_owned())
            }
        };
        if self.entry.client_auth {
            match (self.oauth.token_auth, &self.client.secret) {
                (TokenAuth::Basic, Some(secret)) => {
                    let secret = request::encoded(secret.expose_secret());
                    request = request.basic(&request::encoded(&self.client.id), &secret.into());
                }
                (TokenAuth::Body, Some(secret)) => {
                    fields.insert("client_id", self.client.id.clone());
                    fields.insert("client_secret", secret.expose_secret().to_owned());
                }
                (TokenAuth::None, _) | (_, None) => {
                    fields.insert("client_id", self.client.id.clone());
                }
            }
        }
        match self.entry.body {
            TokenBody::Form => {
                request.form(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>())
            }
            TokenBody::Json => {
                let fields: Map<String, Value> =
                    fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
                request.json(Value::Object(fields))
            }
        }
    }
}

/// A token that the service does not know any more is as good as revoked (RFC 7009, section 2.2).
fn is_gone(entry: &Revoke, response: &Response) -> bool {
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let code = body.get("error").and_then(Value::as_str);
    if code.is_some_and(|code| entry.gone.iter().any(|gone| gone == code)) {
        return true;
    }
    let by_delete =
        matches!(entry.style, RevokeStyle::DeleteGrant | RevokeStyle::BearerDelete | RevokeStyle::DeleteRefresh);
    if by_delete && response.status == 404 {
        return true;
    }
    let accepted = entry.ok.as_deref().is_none_or(|pointer| body.pointer(pointer) == Some(&Value::Bool(true)));
    (200..300).contains(&response.status) && accepted
}
