//! The address of a consent page, with the code challenge of RFC 7636.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::{
    platform::{http::Http, random::Random},
    providers::{Oauth, Pkce},
};

/// What a consent page is asked.
pub struct Asked<'a> {
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub verifier: Option<&'a SecretString>,
    pub scopes: &'a [String],
    /// Further parameters.
    pub extra: &'a BTreeMap<String, String>,
    /// What an id token must repeat, where one is asked for.
    pub nonce: Option<&'a str>,
}

/// A new verifier of 43 characters, where the service takes a challenge.
#[must_use]
pub fn verifier(oauth: &Oauth, random: &Random) -> Option<SecretString> {
    (oauth.pkce != Pkce::Off).then(|| URL_SAFE_NO_PAD.encode(random.bytes::<32>()).into())
}

/// Where the browser is sent. Only the code flow exists here, and only S256.
#[must_use]
pub fn address(http: &Http, oauth: &Oauth, asked: &Asked<'_>) -> Url {
    let mut url = oauth.authorize.url().clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code");
        query.append_pair("client_id", asked.client_id);
        query.append_pair("redirect_uri", asked.redirect_uri);
        if !asked.scopes.is_empty() {
            query.append_pair(&oauth.scope_parameter, &asked.scopes.join(&oauth.scope_separator));
        }
        query.append_pair("state", asked.state);
        if let Some(verifier) = asked.verifier {
            let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
            let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
            query.append_pair("code_challenge", challenge.as_str());
            query.append_pair("code_challenge_method", "S256");
        }
        if let Some(nonce) = asked.nonce {
            query.append_pair("nonce", nonce);
        }
        for (name, value) in asked.extra {
            query.append_pair(name, value);
        }
    }
    http.address(&url)
}
