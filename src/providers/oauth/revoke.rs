//! Gives access back: RFC 7009 and what vendors have instead.

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{Client, request};
use crate::{
    platform::http::{Http, Request, Response},
    providers::{Oauth, Revoke, RevokeStyle, TokenAuth},
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

/// Ends the access behind these tokens: the refresh token first, so that nothing new can be made, then the access
/// token.
pub async fn revoke(
    http: &Http,
    oauth: &Oauth,
    client: &Client,
    access: &SecretString,
    refresh: Option<&SecretString>,
) -> Outcome {
    let Some(entry) = &oauth.revoke else {
        return Outcome::Unsupported;
    };
    let Ok(url) = Url::parse(&entry.url.replace("{client_id}", &request::encoded(&client.id))) else {
        return Outcome::Failed;
    };
    let tokens = refresh.map(|token| (token, "refresh_token")).into_iter().chain([(access, "access_token")]);
    let mut outcome = Outcome::Revoked;
    for (token, hint) in tokens {
        let one = match entry.style {
            RevokeStyle::Rfc7009 => rfc7009(url.clone(), oauth, entry, client, token, hint),
            // One call ends the whole grant, and it takes the access token only.
            RevokeStyle::DeleteGrant if hint == "access_token" => Request::new(Method::DELETE, url.clone())
                .basic(&client.id, &client.secret)
                .header("accept", "application/json")
                .json(json!({"access_token": token.expose_secret()})),
            RevokeStyle::BearerCall => Request::new(Method::POST, url.clone()).bearer(token.clone()),
            RevokeStyle::BearerDelete if hint == "access_token" => {
                Request::new(Method::DELETE, url.clone()).bearer(token.clone())
            }
            RevokeStyle::DeleteRefresh if hint == "refresh_token" => {
                let mut url = url.clone();
                if let Ok(mut path) = url.path_segments_mut() {
                    path.pop_if_empty().push(token.expose_secret());
                }
                Request::new(Method::DELETE, url).bearer(access.clone())
            }
            RevokeStyle::DeleteGrant | RevokeStyle::BearerDelete | RevokeStyle::DeleteRefresh => continue,
        };
        let answer = http.send(one.deadline(request::DEADLINE).limit(request::LARGEST)).await;
        if !answer.is_ok_and(|response| ended(entry, &response)) {
            outcome = Outcome::Failed;
        }
    }
    outcome
}

fn rfc7009(url: Url, oauth: &Oauth, entry: &Revoke, client: &Client, token: &SecretString, hint: &str) -> Request {
    let mut request = Request::new(Method::POST, url);
    let mut fields =
        vec![("token".to_owned(), token.expose_secret().to_owned()), ("token_type_hint".to_owned(), hint.to_owned())];
    if entry.client_auth {
        match oauth.token_auth {
            TokenAuth::Basic => {
                let secret = request::encoded(client.secret.expose_secret());
                request = request.basic(&request::encoded(&client.id), &secret.into());
            }
            TokenAuth::Body => {
                fields.push(("client_id".into(), client.id.clone()));
                fields.push(("client_secret".into(), client.secret.expose_secret().to_owned()));
            }
            TokenAuth::None => fields.push(("client_id".into(), client.id.clone())),
        }
    }
    request.form(fields)
}

/// A token that the service does not know any more is as good as revoked (RFC 7009, section 2.2).
fn ended(entry: &Revoke, response: &Response) -> bool {
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
