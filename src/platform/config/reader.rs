//! Reads the variables one after the other and gathers what is wrong.

mod billing;
mod files;
mod lastfm;
mod model;
mod own_apps;
mod passwords;
pub(super) mod sealing;
mod text_messages;
mod tokens;

use std::{collections::BTreeMap, fs, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use time::Duration;
use url::Url;

use sealing::KMS_KEY;

use super::{
    ClientCredentials, ConfigErrors, DatabaseSettings, Environment, HostOverrides, LimitSettings, LimitStoreSettings,
    MailSettings, PrivySettings, Settings, SignUpPolicy, Variables,
};

const SECRET_LENGTH: usize = 32;
/// The database driver and the job queue say more than an operator wants to read.
const LOG_FILTER: &str = "info,sqlx=warn,graphile_worker=warn";

/// The general limit: so many writes within so long.
const DEFAULT_RATE: (usize, Duration) = (10, Duration::seconds(10));
/// Loopback, private and unique local addresses (RFC 1122, 1918, 4193): where a proxy beside the server is found.
const PRIVATE_NETWORKS: [&str; 6] =
    ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

pub(super) struct Reader<'a> {
    variables: &'a Variables,
    environment: Environment,
    errors: ConfigErrors,
}

impl<'a> Reader<'a> {
    pub fn new(variables: &'a Variables) -> Self {
        let mut errors = ConfigErrors::default();
        let environment = Environment::parse(variables.get("AURA_ENV")).unwrap_or_else(|| {
            errors.add("AURA_ENV", "must be development, staging or production; absent means production");
            Environment::Production
        });
        Self { variables, environment, errors }
    }

    pub fn settings(mut self) -> Result<Settings, ConfigErrors> {
        self.refuse_shared_token_secret();
        let port = self.parsed("PORT", 3000, "must be a port number");
        let metrics_port = self.parsed("METRICS_PORT", 9464, "must be a port number");
        let public_url = self.public_url(port);
        let database = self.database();
        let host_overrides = self.host_overrides();
        let auth_secret = self.auth_secret();
        let auth_secret_previous = self.secret("AUTH_SECRET_PREVIOUS");
        let kms_key = self.text(KMS_KEY).map(str::to_owned);
        let sealing_keys = self.sealing_keys(kms_key.is_some());
        let own_app_secrets = self.own_app_secrets();
        let tokens = self.tokens();
        let front_end = self.front_end();
        let broker_direct = self.broker_direct();
        let mail = self.mail(public_url.as_ref());
        let model = self.model();
        let billing = self.billing();
        let trusted_proxies = self.trusted_proxies();
        let clients = self.clients();
        let limits = self.limits();
        let privy = self.privy();
        let resend_webhook_secrets = self.secrets("RESEND_WEBHOOK_SECRET");
        let sign_up = self.sign_up();
        let password_breaches = self.password_breaches();
        let text_messages = self.text_messages();
        let files = self.files();
        let file_limits = self.file_limits();
        let lastfm = self.lastfm();
        let models_see_spotify = self.models_see_spotify();
        let bridge_hosts = self.text("BRIDGE_HOSTS").map(list).unwrap_or_default();
        let log_filter = self.text("RUST_LOG").unwrap_or(LOG_FILTER).to_owned();
        match (public_url, database, auth_secret, sealing_keys, tokens, files) {
            (Some(public_url), Some(database), Some(auth_secret), Some(sealing_keys), Some(tokens), Some(files))
                if self.errors.0.is_empty() =>
            {
                Ok(Settings {
                    environment: self.environment,
                    public_url,
                    port,
                    metrics_port,
                    database,
                    host_overrides,
                    auth_secret,
                    auth_secret_previous,
                    sealing_keys,
                    kms_key,
                    own_app_secrets,
                    tokens,
                    front_end,
                    broker_direct,
                    mail,
                    model,
                    billing,
                    limits,
                    privy,
                    resend_webhook_secrets,
                    sign_up,
                    password_breaches,
                    text_messages,
                    files,
                    file_limits,
                    lastfm,
                    models_see_spotify,
                    trusted_proxies,
                    clients,
                    bridge_hosts,
                    log_filter,
                })
            }
            _ => Err(self.errors),
        }
    }

    fn development(&self) -> bool {
        self.environment.is_development()
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.variables.get(name)
    }

    /// The value, or the content of the file that `NAME_FILE` names.
    fn secret(&mut self, name: &str) -> Option<SecretString> {
        if let Some(value) = self.text(name) {
            return Some(value.into());
        }
        let file_variable = format!("{name}_FILE");
        let path = self.text(&file_variable)?;
        match fs::read_to_string(path) {
            Ok(content) if !content.trim().is_empty() => Some(content.trim().into()),
            Ok(_) => {
                self.errors.add(&file_variable, "the file is empty; put the secret into it");
                None
            }
            Err(error) => {
                self.errors.add(
                    &file_variable,
                    format!("the file cannot be read ({}); check the path and its owner", error.kind()),
                );
                None
            }
        }
    }

    fn failed_file(&self, name: &str) -> bool {
        self.errors.names(&format!("{name}_FILE"))
    }

    fn parsed<T: FromStr>(&mut self, name: &str, default: T, remedy: &str) -> T {
        match self.text(name).map(str::parse) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                self.errors.add(name, remedy);
                default
            }
        }
    }

    fn public_url(&mut self, port: u16) -> Option<Url> {
        let own = format!("http://127.0.0.1:{port}");
        let text = match self.text("AUTH_URL") {
            Some(text) => text,
            None if self.development() => &own,
            None => {
                self.errors
                    .add("AUTH_URL", "is not set; give the address that people type, such as https://aura.example.com");
                return None;
            }
        };
        let Some(url) = Url::parse(text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
        else {
            self.errors.add("AUTH_URL", "is not an address; write it as https://aura.example.com");
            return None;
        };
        if url.scheme() == "http" && !self.development() {
            self.errors.add("AUTH_URL", "must begin with https:// outside development: cookies and sign-in need it");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            self.errors.add("AUTH_URL", "must be scheme and host only, without a path");
        }
        Some(url)
    }

    fn database(&mut self) -> Option<DatabaseSettings> {
        let url = self.secret("DATABASE_URL");
        match &url {
            None if !self.failed_file("DATABASE_URL") => {
                self.errors.add(
                    "DATABASE_URL",
                    "is not set; give the address of a Postgres database, postgres://user:password@host/name",
                );
            }
            Some(url) if !is_postgres(url) => {
                self.errors.add("DATABASE_URL", "must begin with postgres://");
            }
            _ => {}
        }
        let mut other = |name| {
            let other = self.secret(name);
            if other.as_ref().is_some_and(|other| !is_postgres(other)) {
                self.errors.add(name, "must begin with postgres://");
            }
            other
        };
        let (owner_url, listen_url) = (other("DATABASE_OWNER_URL"), other("DATABASE_LISTEN_URL"));
        let url = url?;
        Some(DatabaseSettings {
            owner_url: owner_url.unwrap_or_else(|| url.clone()),
            listen_url: listen_url.unwrap_or_else(|| url.clone()),
            url,
        })
    }

    fn host_overrides(&mut self) -> HostOverrides {
        let Some(text) = self.text("HOST_OVERRIDES") else {
            return HostOverrides::default();
        };
        if !self.development() {
            self.errors.add("HOST_OVERRIDES", "is for development only; remove it, or set AURA_ENV=development");
            return HostOverrides::default();
        }
        HostOverrides::parse(text).unwrap_or_else(|remedy| {
            self.errors.add("HOST_OVERRIDES", remedy);
            HostOverrides::default()
        })
    }

    fn auth_secret(&mut self) -> Option<SecretString> {
        const MAKE: &str = "make one with: openssl rand -base64 48";
        let secret = self.secret("AUTH_SECRET");
        match &secret {
            None if self.failed_file("AUTH_SECRET") => {}
            None => self.errors.add("AUTH_SECRET", format!("is not set; {MAKE}")),
            Some(secret) if secret.expose_secret().len() < SECRET_LENGTH => {
                self.errors.add("AUTH_SECRET", format!("is shorter than {SECRET_LENGTH} bytes; {MAKE}"));
            }
            Some(secret) if is_weak(secret.expose_secret()) => {
                self.errors.add("AUTH_SECRET", format!("repeats itself too much to be random; {MAKE}"));
            }
            Some(_) => {}
        }
        secret
    }

    fn mail(&mut self, public_url: Option<&Url>) -> MailSettings {
        let from = match self.text("FROM_EMAIL").or_else(|| self.text("SMTP_FROM")) {
            Some(from) => {
                self.expect_mailbox("FROM_EMAIL", from);
                from.to_owned()
            }
            None => format!("Aura <noreply@{}>", public_url.and_then(Url::domain).unwrap_or("localhost")),
        };
        let reply_to = self.text("REPLY_TO_EMAIL").map(str::to_owned);
        if let Some(reply_to) = &reply_to {
            self.expect_mailbox("REPLY_TO_EMAIL", reply_to);
        }
        if let Some(api_key) = self.secret("RESEND_API_KEY").or_else(|| self.secret("AUTH_RESEND_KEY")) {
            return MailSettings::Resend { api_key, from, reply_to };
        }
        let host = match self.text("SMTP_HOST") {
            Some("log") if self.development() => return MailSettings::Log { from },
            Some("log") => {
                self.errors.add("SMTP_HOST", "`log` sends no mail, and mail is how people sign in; name a mail server");
                return MailSettings::Log { from };
            }
            Some(host) => host,
            None if self.development() => "localhost",
            None => {
                self.errors.add("SMTP_HOST", "is not set; mail is how people sign in, so name a mail server");
                return MailSettings::Log { from };
            }
        };
        let port = self.parsed("SMTP_PORT", if self.development() { 1025 } else { 587 }, "must be a port number");
        let (username, password) = (self.smtp_username(), self.secret("SMTP_PASSWORD"));
        if username.is_some() != password.is_some() {
            self.errors.add("SMTP_PASSWORD", "SMTP_USERNAME and SMTP_PASSWORD go together; set both or none");
        }
        MailSettings::Smtp { host: host.into(), port, from, reply_to, username, password }
    }

    /// By either of its names.
    fn smtp_username(&self) -> Option<String> {
        self.text("SMTP_USERNAME").or_else(|| self.text("SMTP_USER")).map(Into::into)
    }

    fn expect_mailbox(&mut self, name: &str, text: &str) {
        if text.parse::<lettre::message::Mailbox>().is_err() {
            self.errors.add(name, "must be a mail address, such as Aura <hello@example.com>");
        }
    }

    /// Several secrets with commas between them, so that one can be replaced without a gap.
    fn secrets(&mut self, name: &str) -> Vec<SecretString> {
        let Some(all) = self.secret(name) else { return Vec::new() };
        list(all.expose_secret()).into_iter().map(Into::into).collect()
    }

    fn limits(&mut self) -> LimitSettings {
        let (general_max, general_window) = match self.text("RATE_LIMIT").map(rate) {
            None => DEFAULT_RATE,
            Some(Some(rate)) => rate,
            Some(None) => {
                self.errors.add("RATE_LIMIT", "must be a number and a window in seconds, such as 10/10s");
                DEFAULT_RATE
            }
        };
        let patience = self.parsed("LIMIT_STORE_TIMEOUT", 50, "must be a number of milliseconds");
        let patience = std::time::Duration::from_millis(patience);
        let calls = self.parsed("CALLS_PER_CONNECTION", 60, "must be a number of calls a minute");
        LimitSettings { store: self.limit_store(), general_max, general_window, calls, patience }
    }

    fn limit_store(&mut self) -> LimitStoreSettings {
        match (self.text("UPSTASH_REDIS_REST_URL"), self.secret("UPSTASH_REDIS_REST_TOKEN")) {
            (Some(url), Some(token)) => match Url::parse(url).ok().filter(|url| url.has_host()) {
                Some(url) if url.scheme() == "https" || self.development() => {
                    return LimitStoreSettings::Upstash { url, token };
                }
                Some(_) => self.errors.add("UPSTASH_REDIS_REST_URL", "must begin with https://"),
                None => self.errors.add("UPSTASH_REDIS_REST_URL", "is not an address; copy it from Upstash's console"),
            },
            (None, None) => {}
            _ => self.errors.add(
                "UPSTASH_REDIS_REST_TOKEN",
                "UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN go together; set both or none",
            ),
        }
        match self.secret("REDIS_URL") {
            Some(url) if ["redis://", "rediss://"].iter().any(|scheme| url.expose_secret().starts_with(scheme)) => {
                LimitStoreSettings::Redis { url }
            }
            Some(_) => {
                self.errors.add("REDIS_URL", "must begin with redis:// or rediss://");
                LimitStoreSettings::Postgres
            }
            None => LimitStoreSettings::Postgres,
        }
    }

    fn privy(&mut self) -> Option<PrivySettings> {
        let verification_key =
            self.secret("PRIVY_VERIFICATION_KEY").map(|key| key.expose_secret().replace("\\n", "\n"));
        let webhook_secrets = self.secrets("PRIVY_WEBHOOK_SECRET");
        let app_id = self.text("PRIVY_APP_ID").or_else(|| self.text("NEXT_PUBLIC_PRIVY_APP_ID"));
        match (app_id, self.secret("PRIVY_APP_SECRET")) {
            (Some(app_id), Some(app_secret)) => {
                Some(PrivySettings { app_id: app_id.into(), app_secret, verification_key, webhook_secrets })
            }
            (None, None) => None,
            _ => {
                self.errors.add("PRIVY_APP_SECRET", "PRIVY_APP_ID and PRIVY_APP_SECRET go together; set both or none");
                None
            }
        }
    }

    fn sign_up(&mut self) -> SignUpPolicy {
        match self.text("SIGN_UP") {
            None | Some("open") => SignUpPolicy::Open,
            Some("invitation") => SignUpPolicy::Invitation,
            Some("domains") => {
                let domains: Vec<_> = self
                    .text("SIGN_UP_DOMAINS")
                    .map(list)
                    .unwrap_or_default()
                    .iter()
                    .map(|d| d.to_lowercase())
                    .collect();
                if domains.is_empty() {
                    self.errors
                        .add("SIGN_UP_DOMAINS", "is not set, but SIGN_UP is `domains`; write example.com,example.org");
                }
                SignUpPolicy::Domains(domains)
            }
            Some(_) => {
                self.errors.add("SIGN_UP", "must be open, invitation or domains");
                SignUpPolicy::Invitation
            }
        }
    }

    fn trusted_proxies(&mut self) -> Vec<IpNet> {
        let trust_host = self.trust_host();
        let mut networks = Vec::new();
        for entry in self.text("TRUSTED_PROXIES").map(list).unwrap_or_default() {
            match entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from)) {
                Ok(network) => networks.push(network),
                Err(_) => self.errors.add(
                    "TRUSTED_PROXIES",
                    "each entry is an address or a network, such as 10.0.0.0/8, with commas between them",
                ),
            }
        }
        if trust_host && self.text("TRUSTED_PROXIES").is_none() {
            networks.extend(PRIVATE_NETWORKS.iter().filter_map(|network| network.parse::<IpNet>().ok()));
        }
        networks
    }

    fn trust_host(&mut self) -> bool {
        match self.text("AUTH_TRUST_HOST") {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                self.errors.add("AUTH_TRUST_HOST", "must be true or false");
                false
            }
        }
    }

    fn clients(&mut self) -> BTreeMap<String, ClientCredentials> {
        let mut clients = BTreeMap::new();
        for name in self.variables.before("_CLIENT_ID") {
            let Some(id) = self.text(&format!("{name}_CLIENT_ID")) else {
                continue;
            };
            let secret_name = format!("{name}_CLIENT_SECRET");
            match self.secret(&secret_name) {
                Some(secret) => {
                    clients.insert(name, ClientCredentials { id: id.into(), secret });
                }
                None if self.failed_file(&secret_name) => {}
                None => self.errors.add(&secret_name, format!("is not set, but {name}_CLIENT_ID is; set both or none")),
            }
        }
        clients
    }

    fn refuse_shared_token_secret(&mut self) {
        if !self.development() && (self.text("JWT_SECRET").is_some() || self.text("JWT_SECRET_FILE").is_some()) {
            self.errors.add(
                "JWT_SECRET",
                "tokens are not signed with a shared secret; remove it and use JWT_PRIVATE_KEY_PATH with an RSA key",
            );
        }
    }
}

/// `10/10s`: so many within so many seconds.
fn rate(text: &str) -> Option<(usize, Duration)> {
    let (max, seconds) = text.split_once('/')?;
    let max = max.trim().parse().ok().filter(|max| (1..=1_000).contains(max))?;
    let seconds = seconds.trim().strip_suffix('s')?.parse().ok().filter(|seconds| (1..=86_400).contains(seconds))?;
    Some((max, Duration::seconds(seconds)))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Into::into).collect()
}

fn is_postgres(url: &SecretString) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| url.expose_secret().starts_with(scheme))
}

/// A secret of few different characters was typed, not drawn.
fn is_weak(secret: &str) -> bool {
    let mut bytes = secret.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len() < 10
}
