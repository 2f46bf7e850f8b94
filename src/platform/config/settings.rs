//! The settings, as the rest of Aura uses them.

use std::{collections::BTreeMap, path::PathBuf};

use ipnet::IpNet;
use secrecy::SecretString;
use time::Duration;
use url::Url;

use super::{ConfigErrors, Environment, HostOverrides, SealingKeys, Variables, reader::Reader};
use crate::platform::crypto::jwt::Issuer;

/// Everything that the environment decides. Holds secrets, so it is neither `Debug` nor `Serialize`.
#[derive(Clone)]
pub struct Settings {
    pub environment: Environment,
    /// The address that people type, without a path.
    pub public_url: Url,
    /// Where the server listens.
    pub port: u16,
    /// Where Prometheus finds `/metrics`, on the loopback address only.
    pub metrics_port: u16,
    pub database: DatabaseSettings,
    pub host_overrides: HostOverrides,
    pub auth_secret: SecretString,
    /// Still accepted while `auth_secret` is being rotated.
    pub auth_secret_previous: Option<SecretString>,
    pub sealing_keys: SealingKeys,
    /// The key of AWS KMS that opens those of them that are wrapped.
    pub kms_key: Option<String>,
    /// What apps that people bring are sealed under, the one that writes first; empty: nobody brings any.
    pub own_app_secrets: Vec<SecretString>,
    pub tokens: TokenSettings,
    /// The one other origin whose pages may use the JSON API from a browser.
    pub front_end: Option<Url>,
    /// Whether a browser may have access tokens of services, where its person allows it.
    pub broker_direct: bool,
    pub mail: MailSettings,
    /// None: questions are answered by rules.
    pub model: Option<ModelSettings>,
    pub billing: BillingSettings,
    pub limits: LimitSettings,
    /// None: nobody signs in by way of Privy.
    pub privy: Option<PrivySettings>,
    /// Secrets of Resend's webhook, each accepted; empty: its posts are refused.
    pub resend_webhook_secrets: Vec<SecretString>,
    pub sign_up: SignUpPolicy,
    /// Where digests of passwords from breaches can be asked for; it ends with a slash. None: nobody is asked.
    pub password_breaches: Option<Url>,
    pub text_messages: TextMessageSettings,
    pub files: FileSettings,
    pub file_limits: FileLimits,
    pub lastfm: LastfmSettings,
    /// Whether a model may be told what Spotify's API told.
    pub models_see_spotify: bool,
    /// The networks whose `X-Forwarded-For` is believed; the private ones where `AUTH_TRUST_HOST` says so.
    pub trusted_proxies: Vec<IpNet>,
    /// By the upper-case name before `_CLIENT_ID`.
    pub clients: BTreeMap<String, ClientCredentials>,
    /// Hosts in private networks that a person may name as a server of their own.
    pub bridge_hosts: Vec<String>,
    /// Which log lines are written, in the syntax of tracing's `EnvFilter`.
    pub log_filter: String,
}

/// How to reach Postgres.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// As the running role.
    pub url: SecretString,
    /// As the role that owns the tables and migrates.
    pub owner_url: SecretString,
    /// Without a pooler in between, for LISTEN.
    pub listen_url: SecretString,
}

/// Our own tokens, for programs.
#[derive(Clone)]
pub struct TokenSettings {
    /// Signs them, and knows the keys that are still believed.
    pub issuer: Issuer,
    /// How long an access token is valid.
    pub access_lasts: Duration,
    /// How long a program stays signed in without proving anew who it acts for.
    pub refresh_lasts: Duration,
}

/// How mail leaves.
#[derive(Clone)]
pub enum MailSettings {
    /// To a mail server, with STARTTLS where it is offered and always before a password is sent.
    Smtp {
        host: String,
        port: u16,
        from: String,
        reply_to: Option<String>,
        username: Option<String>,
        password: Option<SecretString>,
    },
    /// By Resend's API.
    Resend { api_key: SecretString, from: String, reply_to: Option<String> },
    /// Nowhere: a log line says that a mail would have left, without its content. Development only.
    Log { from: String },
}

/// How text messages leave, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMessageSettings {
    pub way: TextMessageWay,
    /// How many may be taken in within 24 hours.
    pub daily_max: u32,
    /// The countries (ISO 3166-1 alpha-2) that get any, with a number of their own where one is set; empty: all.
    pub countries: Vec<(String, Option<u32>)>,
}

/// Who sends text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMessageWay {
    /// Nobody.
    Off,
    /// Nobody: they stand in the log. Development only.
    Log,
    /// Amazon SNS in this region. Who we are there is found by the SDK's own chain, and by nothing of these settings.
    Sns { region: String },
}

/// Where files that people upload are kept.
#[derive(Clone)]
pub enum FileSettings {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of S3, or of something that speaks like it.
    Bucket(BucketSettings),
}

/// How Last.fm is read.
#[derive(Clone)]
pub struct LastfmSettings {
    /// None: it is not read.
    pub key: Option<SecretString>,
    /// How many calls may go out at once after a quiet time; after them it is five a second, of all processes together.
    pub burst: u32,
    /// Who would wait longer for a place among the calls does not wait.
    pub patience: Duration,
}

/// How much people may keep, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct FileLimits {
    pub largest: u64,
    /// All files of a person together.
    pub quota: u64,
}

/// A bucket, and who we are there.
#[derive(Clone)]
pub struct BucketSettings {
    pub bucket: String,
    pub region: String,
    /// None: where AWS keeps the buckets of the region.
    pub endpoint: Option<Url>,
    pub key_id: String,
    pub secret: SecretString,
}

/// The language model, at an address that speaks one of the protocols.
#[derive(Clone)]
pub struct ModelSettings {
    pub wire: ModelWire,
    /// Empty where Bedrock is asked with keys of AWS.
    pub api_key: SecretString,
    /// Without a slash at the end.
    pub base_url: String,
    pub model: String,
    /// Tried in this order when the first is away.
    pub fallbacks: Vec<String>,
    /// Whether the model's operator keeps answers, so that they survive a crash of ours.
    pub background: bool,
    /// What the models read beside text.
    pub reads: ModelReads,
    pub bedrock: BedrockSettings,
}

/// How a model is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelWire {
    /// OpenAI's Chat Completions, which nearly every server speaks.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Anthropic,
    /// Converse of Amazon Bedrock.
    Bedrock,
}

/// What models read beside text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelReads {
    /// What is known of models of these names.
    ByName,
    /// Nothing.
    Text,
    /// Pictures.
    Pictures,
    /// Pictures and PDF.
    Documents,
}

/// What only Bedrock needs.
#[derive(Clone)]
pub struct BedrockSettings {
    pub region: String,
    /// None: the key of the model counts.
    pub keys: Option<BedrockKeys>,
}

/// Who we are at Bedrock, and nowhere else.
#[derive(Clone)]
pub struct BedrockKeys {
    pub id: String,
    pub secret: SecretString,
}

/// What is sold, and by whom.
#[derive(Clone)]
pub struct BillingSettings {
    /// None: nothing is sold, and everybody has the free plan.
    pub stripe: Option<StripeSettings>,
    /// The table of plans that replaces the one that is built in.
    pub plans: Option<String>,
    /// How long a plan stays after a payment failed.
    pub grace: Duration,
    /// How many tokens the model's key may take on a day of UTC, for everybody together. None: as many as they want.
    pub daily_tokens: Option<u64>,
}

/// An account at Stripe.
#[derive(Clone)]
pub struct StripeSettings {
    pub secret_key: SecretString,
    /// Whether real money moves: the key says so.
    pub live: bool,
    /// Secrets of its webhook, each accepted; empty: its posts are refused, and changes are found by asking.
    pub webhook_secrets: Vec<SecretString>,
}

/// The limits on how often something may be tried.
#[derive(Clone)]
pub struct LimitSettings {
    pub store: LimitStoreSettings,
    /// How many writes of one user or address fit into the window of the general limit.
    pub general_max: usize,
    /// How long that window is.
    pub general_window: Duration,
    /// How many calls a minute go out through one connection.
    pub calls: usize,
    /// How long one decision may wait for the store before the process decides by itself.
    pub patience: std::time::Duration,
}

/// Where the windows of the limits live, shared by all processes of this installation.
#[derive(Clone)]
pub enum LimitStoreSettings {
    /// In the database that is there anyway.
    Postgres,
    /// In a server of the Redis protocol.
    Redis { url: SecretString },
    /// In Upstash, by its REST interface.
    Upstash { url: Url, token: SecretString },
}

/// An app at Privy.
#[derive(Clone)]
pub struct PrivySettings {
    pub app_id: String,
    pub app_secret: SecretString,
    /// The public key (SPKI, PEM) that tokens are checked with; None: the keys that Privy publishes.
    pub verification_key: Option<String>,
    /// Secrets of Privy's webhook, each accepted; empty: its posts are refused.
    pub webhook_secrets: Vec<SecretString>,
}

/// Who may make an account here. Whoever has one may always sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpPolicy {
    Open,
    /// Addresses that were invited.
    Invitation,
    /// Addresses of these domains, in lower case.
    Domains(Vec<String>),
}

/// The client that this installation registered at one outside service.
#[derive(Clone)]
pub struct ClientCredentials {
    /// Public: it stands in every authorise address.
    pub id: String,
    pub secret: SecretString,
}

impl Settings {
    /// Reads the process environment, and below it the `.env` of the working directory.
    pub fn from_environment() -> Result<Self, ConfigErrors> {
        Self::load(&Variables::of_the_process())
    }

    /// Reads these variables; names all that are missing or wrong at once, each with its remedy.
    pub fn load(variables: &Variables) -> Result<Self, ConfigErrors> {
        Reader::new(variables).settings()
    }

    /// The registered client of a service, by the upper-case name before `_CLIENT_ID`: `GOOGLE_CALENDAR`.
    #[must_use]
    pub fn client(&self, name: &str) -> Option<&ClientCredentials> {
        self.clients.get(name)
    }

    /// What this installation goes without, one line each, for the start log and `aura doctor`.
    #[must_use]
    pub fn off(&self) -> Vec<String> {
        let mut off = Vec::new();
        if self.model.is_none() {
            off.push("off: answers by a model — OPENAI_API_KEY is not set; questions are answered by rules".into());
        }
        if self.billing.stripe.is_none() {
            off.push(
                "off: billing — STRIPE_SECRET_KEY is not set; nothing is sold, everybody has the free plan".into(),
            );
        }
        if self.billing.stripe.as_ref().is_some_and(|stripe| stripe.webhook_secrets.is_empty()) {
            off.push(
                "off: Stripe's posts — STRIPE_WEBHOOK_SECRET is not set; changes are found every ten minutes".into(),
            );
        }
        if self.kms_key.is_some() && self.sealing_keys.writes_in_clear() {
            off.push(
                "off: sealing keys wrapped by AWS KMS — the first entry of AURA_KEYS is plain; put the output of \
                 `aura keys` in front of it"
                    .into(),
            );
        }
        if self.lastfm.key.is_none() {
            off.push("off: Last.fm — LASTFM_API_KEY is not set; nobody can show what they play there".into());
        }
        if self.models_see_spotify {
            off.push(
                "on: models see Spotify's data — MUSIC_MODELS_SEE_SPOTIFY is set; Spotify's Developer Policy forbids to \
                 ingest its content into a model, and you answer for it"
                    .into(),
            );
        }
        if let MailSettings::Log { .. } = self.mail {
            off.push("off: mail — SMTP_HOST is `log`; no code reaches anybody".into());
        }
        if self.trusted_proxies.is_empty() {
            off.push("off: proxies — TRUSTED_PROXIES is not set; the client address is the connection's".into());
        }
        if self.clients.is_empty() {
            off.push("off: every service that needs a client — no *_CLIENT_ID is set; `aura doctor` lists them".into());
        }
        off
    }
}
