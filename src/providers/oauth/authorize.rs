//! The address of a consent page, with the code challenge of RFC 7636.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Url, form_urlencoded};

use crate::{
    platform::{http::Http, random::Random},
    providers::{Blanks, Oauth, Pkce},
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

/// Where the browser is sent; nowhere while a blank of the address is open. Only the code flow exists here, and only
/// S256.
#[must_use]
pub fn address(http: &Http, oauth: &Oauth, blanks: &Blanks, asked: &Asked<'_>) -> Option<Url> {
    let mut url = oauth.authorize.fill(blanks)?;
    let parameters = parameters(oauth, asked);
    let Some(route) = &oauth.authorize_fragment else {
        url.query_pairs_mut().extend_pairs(parameters);
        return Some(http.address(&url));
    };
    // A program in the browser reads them behind its own route.
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    url = http.address(&url);
    url.set_fragment(Some(&format!("{route}?{query}")));
    Some(url)
}

fn parameters(oauth: &Oauth, asked: &Asked<'_>) -> Vec<(String, String)> {
    let mut all = vec![
        ("response_type", "code".to_owned()),
        ("client_id", asked.client_id.to_owned()),
        ("redirect_uri", asked.redirect_uri.to_owned()),
    ];
    if !asked.scopes.is_empty() {
        all.push((&oauth.scope_parameter, asked.scopes.join(&oauth.scope_separator)));
    }
    all.push(("state", asked.state.to_owned()));
    if let Some(verifier) = asked.verifier {
        let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        all.push(("code_challenge", challenge.as_str().to_owned()));
        all.push(("code_challenge_method", "S256".to_owned()));
    }
    all.extend(asked.nonce.map(|nonce| ("nonce", nonce.to_owned())));
    all.extend(asked.extra.iter().map(|(name, value)| (name.as_str(), value.clone())));
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{platform::config::HostOverrides, providers::Provider};

    fn asked<'a>(scopes: &'a [String], extra: &'a BTreeMap<String, String>) -> Asked<'a> {
        Asked {
            client_id: "c",
            redirect_uri: "https://aura.example/cb",
            state: "s",
            verifier: None,
            scopes,
            extra,
            nonce: None,
        }
    }

    fn entry(change: impl FnOnce(&str) -> String) -> Provider {
        toml::from_str(&change(include_str!("../catalogue/zendesk.toml"))).unwrap()
    }

    #[test]
    fn oa_06_parameters_stand_behind_the_route_of_a_page_that_is_a_program() {
        crate::serve::install_tls();
        let http = Http::new(HostOverrides::default()).unwrap();
        let provider =
            entry(|text| text.replacen("token_auth", "authorize_fragment = \"/oauth/authorize\"\ntoken_auth", 1));
        let blanks = Blanks::from([("subdomain".to_owned(), "acme".to_owned())]);
        let (scopes, extra) = (["a b".to_owned(), "c".to_owned()], BTreeMap::new());
        let url = address(&http, provider.oauth.as_ref().unwrap(), &blanks, &asked(&scopes, &extra)).unwrap();
        assert_eq!((url.host_str(), url.query()), (Some("acme.zendesk.com"), None));
        let (route, query) = url.fragment().unwrap().split_once('?').unwrap();
        assert_eq!(route, "/oauth/authorize");
        let found: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!((found["scope"].as_str(), found["state"].as_str()), ("a b c", "s"));
    }

    #[test]
    fn an_empty_scope_is_left_out_and_an_open_blank_leads_nowhere() {
        crate::serve::install_tls();
        let http = Http::new(HostOverrides::default()).unwrap();
        let provider = entry(str::to_owned);
        let oauth = provider.oauth.as_ref().unwrap();
        let extra = BTreeMap::from([("prompt".to_owned(), "consent".to_owned())]);
        let blanks = Blanks::from([("subdomain".to_owned(), "acme".to_owned())]);
        let url = address(&http, oauth, &blanks, &asked(&[], &extra)).unwrap();
        let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["response_type", "client_id", "redirect_uri", "state", "prompt"]);
        assert!(address(&http, oauth, &Blanks::new(), &asked(&[], &extra)).is_none());
        let elsewhere = Blanks::from([("subdomain".to_owned(), "evil.example/".to_owned())]);
        assert!(address(&http, oauth, &elsewhere, &asked(&[], &extra)).is_none());
    }
}
