//! The table of all variables: `.env.example` is held against it by a test, and the reader reads nothing else.

/// Whether Aura starts without a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It never starts without it.
    Always,
    /// Staging and production do not start without it.
    Outside,
    /// It starts; `without` says what is different then.
    Optional,
    /// Staging and production do not start with it.
    Refused,
}

/// One variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name; `{ID}` stands for the name of a service.
    pub name: &'static str,
    pub need: Need,
    /// Whether `NAME_FILE`, the path of a file that holds the value, is read as well.
    pub secret: bool,
    /// What counts when it is absent.
    pub default: Option<&'static str>,
    /// What happens without it.
    pub without: &'static str,
}

const fn plain(name: &'static str, need: Need, default: Option<&'static str>, without: &'static str) -> Variable {
    Variable { name, need, secret: false, default, without }
}

const fn secret(name: &'static str, need: Need, default: Option<&'static str>, without: &'static str) -> Variable {
    Variable { name, need, secret: true, default, without }
}

use Need::{Always, Optional, Outside, Refused};

/// All of them, in the order of `.env.example`.
pub const VARIABLES: &[Variable] = &[
    plain("AURA_ENV", Optional, Some("production"), "every check of production is made"),
    plain("AUTH_URL", Outside, Some("http://127.0.0.1:$PORT"), "development uses its own port"),
    plain("FRONTEND_URL", Optional, None, "no page of another site may use the JSON API from a browser"),
    plain("TOKEN_BROKER_DIRECT", Optional, Some("off"), "no access token of a service goes into a browser"),
    plain("PORT", Optional, Some("3000"), "the server listens on 3000"),
    plain("METRICS_PORT", Optional, Some("9464"), "metrics are on 9464, on the loopback address"),
    plain("RUST_LOG", Optional, Some("info,sqlx=warn,graphile_worker=warn"), "lines from `info` upwards are written"),
    plain("TRUSTED_PROXIES", Optional, None, "X-Forwarded-For is ignored, unless AUTH_TRUST_HOST is true"),
    plain("AUTH_TRUST_HOST", Optional, Some("false"), "only TRUSTED_PROXIES are believed"),
    secret("DATABASE_URL", Always, None, "the server does not start"),
    secret("DATABASE_OWNER_URL", Optional, Some("$DATABASE_URL"), "one role migrates and runs"),
    secret("DATABASE_LISTEN_URL", Optional, Some("$DATABASE_URL"), "events between processes use DATABASE_URL"),
    secret("AUTH_SECRET", Always, None, "the server does not start"),
    secret("AUTH_SECRET_PREVIOUS", Optional, None, "only AUTH_SECRET counts"),
    secret("AURA_KEYS", Always, None, "the server does not start, unless ENCRYPTION_KEY is set"),
    secret("ENCRYPTION_KEY", Optional, None, "AURA_KEYS counts"),
    plain("KMS_KEY_ID", Optional, None, "keys in AURA_KEYS are plain"),
    secret("SPOTIFY_USER_SECRET_KEY", Optional, None, "nobody connects by an app of their own, and the page says so"),
    secret("SPOTIFY_USER_SECRET_KEY_PREVIOUS", Optional, None, "only SPOTIFY_USER_SECRET_KEY opens what it sealed"),
    plain("JWT_PRIVATE_KEY_PATH", Always, None, "the server does not start"),
    plain("JWT_PUBLIC_KEY_PATH", Always, None, "the server does not start"),
    plain("JWT_EXPIRY_DAYS", Optional, Some("7"), "access tokens of the API are valid for 7 days"),
    plain("REFRESH_TOKEN_EXPIRY_DAYS", Optional, Some("30"), "apps stay signed in for 30 days"),
    plain("PASSWORD_BREACH_CHECK", Optional, Some("off"), "new passwords are held against the built-in lists only"),
    secret("RESEND_API_KEY", Optional, None, "mail goes to SMTP_HOST"),
    secret("AUTH_RESEND_KEY", Optional, None, "RESEND_API_KEY counts"),
    plain("SMTP_HOST", Outside, Some("localhost"), "development sends to localhost"),
    plain("SMTP_PORT", Optional, Some("587; 1025 in development"), "the usual port counts"),
    plain("SMTP_USERNAME", Optional, None, "mail is sent without signing in to the mail server"),
    plain("SMTP_USER", Optional, None, "SMTP_USERNAME counts"),
    secret("SMTP_PASSWORD", Optional, None, "mail is sent without signing in to the mail server"),
    plain(
        "FROM_EMAIL",
        Optional,
        Some("Aura <noreply@{host of AUTH_URL}>"),
        "SMTP_FROM counts, or else noreply at the host of AUTH_URL",
    ),
    plain("SMTP_FROM", Optional, None, "FROM_EMAIL counts"),
    plain("REPLY_TO_EMAIL", Optional, None, "answers go to the sender"),
    secret("RESEND_WEBHOOK_SECRET", Optional, None, "what Resend tells of bounces and complaints is refused"),
    plain("TEXT_MESSAGES", Optional, Some("off; sns where SNS_REGION is set"), "no number can be added to an account"),
    plain("SNS_REGION", Optional, Some("us-east-1"), "SNS is used in us-east-1, where TEXT_MESSAGES is sns"),
    plain("SMS_DAILY_MAX", Optional, Some("200"), "200 text messages leave in 24 hours at most"),
    plain("SMS_COUNTRIES", Optional, Some("all"), "each country gets a quarter of SMS_DAILY_MAX at most"),
    plain("SIGN_UP", Optional, Some("open"), "everybody may make an account"),
    plain("SIGN_UP_DOMAINS", Optional, None, "nothing, unless SIGN_UP is `domains`"),
    plain("PRIVY_APP_ID", Optional, None, "nobody signs in by way of Privy"),
    plain("NEXT_PUBLIC_PRIVY_APP_ID", Optional, None, "PRIVY_APP_ID counts"),
    secret("PRIVY_APP_SECRET", Optional, None, "nobody signs in by way of Privy"),
    secret("PRIVY_VERIFICATION_KEY", Optional, None, "tokens are checked with the keys that Privy publishes"),
    secret(
        "PRIVY_WEBHOOK_SECRET",
        Optional,
        None,
        "what Privy tells of changes is refused; people are read anew when they sign in",
    ),
    plain("UPSTASH_REDIS_REST_URL", Optional, None, "limits are kept in REDIS_URL, or else in Postgres"),
    secret("UPSTASH_REDIS_REST_TOKEN", Optional, None, "limits are kept in REDIS_URL, or else in Postgres"),
    secret("REDIS_URL", Optional, None, "limits are kept in Postgres"),
    plain("LIMIT_STORE_TIMEOUT", Optional, Some("50"), "a decision waits 50 milliseconds for the limit store"),
    plain("RATE_LIMIT", Optional, Some("10/10s"), "ten writes in ten seconds a person"),
    plain("CALLS_PER_CONNECTION", Optional, Some("60"), "sixty calls a minute through one connection"),
    plain("FILES_DIR", Optional, Some(".local/files"), "files that people upload lie in .local/files"),
    plain("FILES_LARGEST_MB", Optional, Some("1024"), "a file has 1024 megabytes at most"),
    plain("FILES_QUOTA_MB", Optional, Some("5120"), "the files of a person have 5120 megabytes at most"),
    plain("S3_BUCKET_NAME", Optional, Some("go-api-files"), "with keys of AWS, uploaded files lie in go-api-files"),
    secret("AWS_ACCESS_KEY_ID", Optional, None, "uploaded files lie in FILES_DIR"),
    secret("AWS_SECRET_ACCESS_KEY", Optional, None, "uploaded files lie in FILES_DIR"),
    plain("AWS_REGION", Optional, Some("us-east-1"), "the bucket is in us-east-1"),
    plain("AWS_ENDPOINT_URL", Optional, None, "the bucket is at AWS"),
    secret("LASTFM_API_KEY", Optional, None, "LASTFM_CLIENT_ID counts; without it nothing is read from Last.fm"),
    plain("LASTFM_BURST", Optional, Some("5"), "five calls go to Last.fm at once after a quiet time"),
    plain("LASTFM_LONGEST_WAIT", Optional, Some("60"), "a call to Last.fm waits 60 seconds for its turn at most"),
    plain(
        "MUSIC_MODELS_SEE_SPOTIFY",
        Optional,
        Some("off"),
        "no model is told what only Spotify's API told; Spotify's Developer Policy forbids it",
    ),
    secret("OPENAI_API_KEY", Optional, None, "questions are answered by rules, and the answer says that AI is off"),
    plain("OPENAI_BASE_URL", Optional, Some("https://api.openai.com/v1"), "the model is asked at OpenAI"),
    plain("OPENAI_MODEL", Optional, Some("gpt-4o-mini"), "gpt-4o-mini answers"),
    plain(
        "MODEL_FALLBACKS",
        Optional,
        Some("gpt-6-luna, where OPENAI_MODEL is not set"),
        "no other model is tried when the one of OPENAI_MODEL is away",
    ),
    plain("MODEL_WIRE", Optional, Some("auto"), "the address decides which protocol is spoken"),
    plain("MODEL_BACKGROUND", Optional, Some("off"), "the model's operator keeps no answer; a crash ends it"),
    plain("MODEL_READS", Optional, Some("auto"), "the names of the models say whether they read pictures and PDF"),
    secret("BEDROCK_ACCESS_KEY_ID", Optional, None, "OPENAI_API_KEY counts, where MODEL_WIRE is bedrock"),
    secret("BEDROCK_SECRET_ACCESS_KEY", Optional, None, "OPENAI_API_KEY counts, where MODEL_WIRE is bedrock"),
    plain("BEDROCK_REGION", Optional, Some("us-east-1"), "Bedrock is asked in us-east-1, where MODEL_WIRE is bedrock"),
    plain("MODEL_DAILY_TOKENS", Optional, None, "the model's key has no daily budget"),
    secret("STRIPE_SECRET_KEY", Optional, None, "billing is off: nothing is sold, and everybody has the free plan"),
    secret(
        "STRIPE_WEBHOOK_SECRET",
        Optional,
        None,
        "what Stripe tells of changes is refused; they are found every ten minutes by asking",
    ),
    plain("PLANS_FILE", Optional, None, "the plans that are built in count"),
    plain("BILLING_GRACE_DAYS", Optional, Some("7"), "a plan stays for 7 days after a payment failed"),
    plain("{ID}_CLIENT_ID", Optional, None, "the service cannot be connected, and its page says so"),
    secret("{ID}_CLIENT_SECRET", Optional, None, "the service cannot be connected, and its page says so"),
    plain("BRIDGE_HOSTS", Optional, None, "bridges of people in private networks are not reached"),
    plain("HOST_OVERRIDES", Refused, None, "outside services are found where they are"),
    secret("JWT_SECRET", Refused, None, "nothing: tokens are never signed with a shared secret"),
];
