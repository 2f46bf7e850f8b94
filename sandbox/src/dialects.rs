//! How each vendor speaks OAuth: the sandbox's own table, so that a wrong entry on the other side fails.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One service's dialect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// The service's id, as in `sandbox-{id}`.
    pub id: String,
    /// The name people know.
    pub name: String,
    /// Where a browser is sent: `host/path`, `{…}` standing for one free part.
    pub authorize: String,
    /// Where codes are exchanged.
    pub token: String,
    /// Where tokens are revoked: `METHOD host/path`.
    pub revoke: Option<String>,
    /// Whether a code challenge is needed, checked or ignored.
    #[serde(default)]
    pub pkce: Pkce,
    /// What stands between scopes; empty where there are no scopes in the request.
    #[serde(default = "space")]
    pub separator: String,
    /// Scopes it knows; empty: any.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// A prefix that is good for any scope.
    pub scope_prefix: Option<String>,
    /// Ways the client may show its secret at the token endpoint.
    pub client_auth: Vec<ClientAuth>,
    /// Body forms it reads at the token endpoint.
    #[serde(default = "form")]
    pub body: Vec<BodyForm>,
    /// What becomes of refresh tokens.
    #[serde(default)]
    pub refresh: Refresh,
    /// Seconds in which a spent refresh token still works.
    #[serde(default)]
    pub grace: i64,
    /// Scopes of which one is needed to get a refresh token.
    #[serde(default)]
    pub offline: Vec<String>,
    /// Seconds an access token lives; 0: for ever.
    #[serde(default)]
    pub access_ttl: i64,
    /// `name=value` pairs that the authorize request must carry.
    #[serde(default)]
    pub authorize_params: Vec<String>,
    /// `name=value` pairs that every token request must carry.
    #[serde(default)]
    pub token_params: Vec<String>,
    /// Whether `response_type=code` may be left out.
    #[serde(default)]
    pub response_type_optional: bool,
    /// How the kind of grant is named.
    #[serde(default)]
    pub grant: GrantName,
    /// How refusals look.
    #[serde(default)]
    pub errors: Errors,
    /// The issuer it sends along with the code.
    pub iss: Option<String>,
    /// What its access tokens begin with.
    #[serde(default)]
    pub prefix: String,
    /// The least length of `state`.
    #[serde(default)]
    pub state_min: usize,
    /// `http` redirects only to a loopback address in numbers.
    #[serde(default)]
    pub loopback_in_numbers: bool,
    /// Revocation needs the client's own credentials.
    #[serde(default)]
    pub revoke_by_client: bool,
    /// Revocation ends only the refresh token.
    #[serde(default)]
    pub revoke_keeps_access: bool,
    /// Revocation takes the account's id under this name, and the client's secret as bearer.
    pub revoke_account: Option<String>,
    /// It signs who somebody is, where `openid` is asked for.
    #[serde(default)]
    pub openid: bool,
    /// `name=value` pairs that come back beside the code.
    #[serde(default)]
    pub back: Vec<String>,
    /// Further texts in a token reply.
    #[serde(default)]
    pub reply: BTreeMap<String, String>,
    /// Where a token reply has the scopes.
    #[serde(default = "scope")]
    pub scope_field: String,
    /// They stand there as a list.
    #[serde(default)]
    pub scope_list: bool,
    /// Scopes that a token reply does not name.
    #[serde(default)]
    pub scopes_untold: Vec<String>,
    /// A token reply tells the moment of the end in place of seconds.
    #[serde(default)]
    pub tells_moment: bool,
    /// Seconds a refresh token lives, by the name under which a token reply tells them.
    #[serde(default)]
    pub refresh_ttl: BTreeMap<String, i64>,
    /// What its API says to a token: whose account it is, which places it opens.
    #[serde(default)]
    pub answers: Vec<Told>,
}

/// One thing that an API says of the person behind a token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// `METHOD host/path`, `{…}` standing for one free part.
    pub call: String,
    /// What stands before the token.
    #[serde(default = "bearer")]
    pub scheme: String,
    /// `name: value` that must be among the headers.
    #[serde(default)]
    pub header: String,
    /// What must stand in the body, where other questions go to the same address.
    #[serde(default)]
    pub asks: String,
    /// JSON, in which `$number`, `$name`, `$login` and `$email` are the person's.
    pub says: String,
}

/// Proof keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pkce {
    /// No challenge, no code.
    Required,
    /// Checked when sent.
    #[default]
    Ok,
    /// Ignored.
    Off,
}

/// Client authentication at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// HTTP Basic.
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
}

/// Body of a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyForm {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

/// Refresh tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refresh {
    /// There are none.
    #[default]
    None,
    /// One that stays, and is not repeated in a refresh.
    Never,
    /// A new one each time, the old one still good.
    Soft,
    /// A new one each time, the old one good for `grace` seconds.
    Grace,
    /// A new one each time; the old one used again ends the whole family.
    Strict,
}

/// The name of the grant in a token request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantName {
    /// `grant_type=authorization_code` and `refresh_token`.
    #[default]
    Standard,
    /// The code needs no `grant_type`.
    Optional,
    /// `type=web_server` and `type=refresh`.
    Type,
}

/// The look of a refusal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Errors {
    /// RFC 6749.
    #[default]
    Plain,
    /// 200 and `ok: false`.
    Slack,
    /// 200 with its own error words, as a form unless JSON is asked for.
    Github,
    /// RFC 6749 in Google's words.
    Google,
    /// 403 for a dead refresh token.
    Atlassian,
    /// AADSTS numbers.
    Microsoft,
}

fn scope() -> String {
    "scope".to_owned()
}

fn bearer() -> String {
    "Bearer".to_owned()
}

fn space() -> String {
    " ".to_owned()
}

fn form() -> Vec<BodyForm> {
    vec![BodyForm::Form]
}

#[derive(Deserialize)]
struct Table {
    service: Vec<Dialect>,
}

/// All dialects.
#[derive(Debug)]
pub struct Dialects(Vec<Dialect>);

impl Dialects {
    /// Reads the table that is part of the program.
    pub fn load() -> Result<Self, String> {
        toml::from_str::<Table>(include_str!("dialects.toml"))
            .map(|table| Self(table.service))
            .map_err(|error| format!("dialects.toml: {error}"))
    }

    /// All services in table order.
    pub fn all(&self) -> &[Dialect] {
        &self.0
    }

    /// A service by its id.
    pub fn by_id(&self, id: &str) -> Option<&Dialect> {
        self.0.iter().find(|dialect| dialect.id == id)
    }

    /// Whether some vendor's authorize page has this address.
    pub fn is_authorize(&self, host: &str, path: &str) -> bool {
        self.0.iter().any(|dialect| fits(&dialect.authorize, host, path))
    }

    /// Whether some vendor's token endpoint has this address.
    pub fn is_token(&self, host: &str, path: &str) -> bool {
        self.0.iter().any(|dialect| fits(&dialect.token, host, path))
    }

    /// The service at an authorize address; the client id tells apart services that share it, and so does what is
    /// asked for: who somebody is, or their data.
    pub fn at_authorize(&self, host: &str, path: &str, client_id: &str, openid: bool) -> Option<&Dialect> {
        let here = self.0.iter().filter(|dialect| fits(&dialect.authorize, host, path));
        pick(here.filter(|dialect| !dialect.openid || openid), client_id, openid)
    }

    /// The service at a token address; `openid` says whether the code was for who somebody is.
    pub fn at_token(&self, host: &str, path: &str, client_id: &str, openid: bool) -> Option<&Dialect> {
        let here = self.0.iter().filter(|dialect| fits(&dialect.token, host, path));
        pick(here.filter(|dialect| !dialect.openid || openid), client_id, openid)
    }

    /// The service that is revoked at this address.
    pub fn by_revoke(&self, method: &str, host: &str, path: &str) -> Option<&Dialect> {
        self.0.iter().find(|dialect| {
            dialect
                .revoke
                .as_deref()
                .and_then(|whole| whole.split_once(' '))
                .is_some_and(|(verb, address)| verb == method && fits(address, host, path))
        })
    }

    /// What an API says at this address, and whose API it is; several may share an address.
    pub fn told<'a>(
        &'a self,
        method: &'a str,
        host: &'a str,
        path: &'a str,
    ) -> impl Iterator<Item = (&'a Dialect, &'a Told)> {
        self.0.iter().flat_map(|dialect| dialect.answers.iter().map(move |told| (dialect, told))).filter(
            move |(_, told)| {
                told.call.split_once(' ').is_some_and(|(verb, address)| verb == method && fits(address, host, path))
            },
        )
    }

    /// The path for the journal: a token that is part of it is masked.
    pub fn without_secrets(&self, host: &str, path: &str) -> String {
        self.0
            .iter()
            .filter_map(|dialect| dialect.revoke.as_deref()?.split_once(' '))
            .find(|(_, address)| address.contains("{token}") && fits(address, host, path))
            .and_then(|(_, address)| address.split_once('/'))
            .map_or_else(|| path.to_owned(), |(_, masked)| format!("/{masked}"))
    }
}

fn pick<'a>(
    mut candidates: impl Iterator<Item = &'a Dialect> + Clone,
    client_id: &str,
    openid: bool,
) -> Option<&'a Dialect> {
    let named = client_id.strip_prefix("sandbox-").unwrap_or_default();
    if let Some(own) = candidates.clone().find(|dialect| dialect.id == named) {
        return Some(own);
    }
    candidates.clone().find(|dialect| openid && dialect.openid).or_else(|| candidates.next())
}

/// Whether `host/path` fits a pattern in which `{…}` stands for any text within its part.
pub fn fits(pattern: &str, host: &str, path: &str) -> bool {
    let mut wanted = pattern.split('/');
    let mut given = std::iter::once(host).chain(path.split('/').skip(1));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if part_fits(wanted, given) => {}
            _ => return false,
        }
    }
}

fn part_fits(wanted: &str, given: &str) -> bool {
    match (wanted.split_once('{'), wanted.rsplit_once('}')) {
        (Some((before, _)), Some((_, after))) => {
            given.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(|free| !free.is_empty())
        }
        _ => wanted == given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_every_address_leads_to_its_service() {
        let dialects = Dialects::load().unwrap();
        assert!(dialects.all().len() >= 48, "{}", dialects.all().len());
        for dialect in dialects.all() {
            assert!(!dialect.client_auth.is_empty(), "{}", dialect.id);
            let sample = dialect.authorize.replace("{sub}", "acme").replace("{tenant}", "common");
            if let (false, Some((host, path))) = (sample.contains('{'), sample.split_once('/')) {
                let found = dialects.at_authorize(
                    host,
                    &format!("/{path}"),
                    &format!("sandbox-{}", dialect.id),
                    dialect.openid,
                );
                assert_eq!(found.map(|found| found.id.as_str()), Some(dialect.id.as_str()));
            }
        }
    }

    #[test]
    fn free_parts_fit_one_part_only() {
        assert!(fits("{sub}.zendesk.com/oauth/tokens", "acme.zendesk.com", "/oauth/tokens"));
        assert!(!fits("{sub}.zendesk.com/oauth/tokens", "zendesk.com", "/oauth/tokens"));
        assert!(!fits("a.com/x", "a.com", "/x/y"));
        assert!(fits("a.com/x/", "a.com", "/x/"));
        assert!(!fits("a.com/x/", "a.com", "/x"));
    }
}
