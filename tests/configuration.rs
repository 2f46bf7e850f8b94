//! The configuration: what is missing is said at once, production refuses what is unsafe, and `.env.example` and
//! `Leptos.toml` say what the code does.
#![expect(clippy::panic, reason = "a test fails by panicking")]

#[path = "server/support/token_keys.rs"]
mod token_keys;

use std::{collections::BTreeSet, fs};

use aura::platform::config::{ConfigErrors, MailSettings, Need, Settings, VARIABLES, Variables};
use secrecy::ExposeSecret as _;

const SECRET: &str = "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwgc2VjcmV0IGF0IGFsbA";
const KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn with(base: &[(&str, &str)], changes: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
    Settings::load(&base.iter().chain(&token_key_files()).chain(changes).copied().collect::<Variables>())
}

fn token_key_files() -> [(&'static str, &'static str); 2] {
    let keys = token_keys::pair();
    [("JWT_PRIVATE_KEY_PATH", &keys.private), ("JWT_PUBLIC_KEY_PATH", &keys.public)]
}

const DEVELOPMENT: &[(&str, &str)] = &[
    ("AURA_ENV", "development"),
    ("DATABASE_URL", "postgres://localhost/aura"),
    ("AUTH_SECRET", SECRET),
    ("AURA_KEYS", KEYS),
];

const PRODUCTION: &[(&str, &str)] = &[
    ("DATABASE_URL", "postgres://localhost/aura"),
    ("AUTH_URL", "https://aura.example.com"),
    ("AUTH_SECRET", SECRET),
    ("AURA_KEYS", KEYS),
    ("SMTP_HOST", "smtp.example.com"),
    ("FROM_EMAIL", "Aura <hello@example.com>"),
];

fn errors(result: Result<Settings, ConfigErrors>) -> ConfigErrors {
    result.err().unwrap_or_else(|| panic!("the settings were accepted"))
}

fn accepted(result: Result<Settings, ConfigErrors>) -> Settings {
    result.unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn op_02_everything_missing_is_named_in_one_message() {
    let errors = errors(Settings::load(&Variables::default()));
    let pair = ["JWT_PRIVATE_KEY_PATH", "JWT_PUBLIC_KEY_PATH"];
    for name in ["DATABASE_URL", "AUTH_URL", "AUTH_SECRET", "AURA_KEYS", "SMTP_HOST"].into_iter().chain(pair) {
        assert!(errors.names(name), "{name} is not named in: {errors}");
    }
    let text = errors.to_string();
    assert!(text.contains("aura keys") && text.contains("openssl rand"), "remedies are missing: {text}");
}

#[test]
fn op_01_absent_means_production() {
    assert_eq!(accepted(with(PRODUCTION, &[])).environment.to_string(), "production");
    assert!(errors(with(PRODUCTION, &[("AURA_ENV", "prod")])).names("AURA_ENV"));
}

#[test]
fn op_03_staging_and_production_refuse_what_is_unsafe() {
    let short = "c2hvcnQ=";
    let cases: &[(&str, &str)] = &[
        ("AUTH_SECRET", ""),
        ("AUTH_SECRET", "too short"),
        ("AUTH_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("AURA_KEYS", ""),
        ("AURA_KEYS", &format!("k1:{short}")),
        ("AURA_KEYS", "no id"),
        ("AUTH_URL", "http://aura.example.com"),
        ("AUTH_URL", "https://aura.example.com/path"),
        ("AUTH_URL", "aura.example.com"),
        ("HOST_OVERRIDES", "*=http://localhost:4000"),
        ("SMTP_HOST", ""),
        ("SMTP_HOST", "log"),
        ("FROM_EMAIL", "Aura"),
        ("REPLY_TO_EMAIL", "nobody"),
        ("JWT_SECRET", "anything"),
        ("OPENAI_BASE_URL", "http://model.example.com/v1"),
        ("DATABASE_URL", "mysql://localhost/aura"),
    ];
    for environment in ["production", "staging"] {
        for (name, value) in cases {
            let errors = errors(with(PRODUCTION, &[("AURA_ENV", environment), (name, value)]));
            assert!(errors.names(name), "{environment} {name}={value}: {errors}");
            assert_eq!(errors.0.len(), 1, "{environment} {name}={value}: {errors}");
        }
    }
    let text = errors(with(PRODUCTION, &[("JWT_SECRET", "anything")])).to_string();
    assert!(text.contains("JWT_PRIVATE_KEY_PATH"));
}

#[test]
fn a_message_never_repeats_a_value() {
    let secret = "this-value-is-a-secret";
    for (name, _) in PRODUCTION {
        let result = with(PRODUCTION, &[(name, secret)]);
        assert!(!result.err().is_some_and(|errors| errors.to_string().contains(secret)), "{name}");
    }
}

#[test]
fn each_optional_variable_may_be_absent() {
    let all: &[(&str, &str)] = &[
        ("PORT", "3000"),
        ("METRICS_PORT", "9464"),
        ("RUST_LOG", "debug"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"),
        ("DATABASE_OWNER_URL", "postgres://localhost/aura"),
        ("DATABASE_LISTEN_URL", "postgres://localhost/aura"),
        ("AUTH_SECRET_PREVIOUS", SECRET),
        ("SMTP_PORT", "587"),
        ("SMTP_FROM", "hello@example.com"),
        ("OPENAI_API_KEY", "sk-test"),
        ("OPENAI_BASE_URL", "https://model.example.com/v1"),
        ("OPENAI_MODEL", "some-model"),
        ("MODEL_FALLBACKS", "another-model"),
    ];
    accepted(with(PRODUCTION, all));
    for (absent, _) in all {
        let rest: Vec<_> = all.iter().filter(|(name, _)| name != absent).copied().collect();
        accepted(with(PRODUCTION, &rest));
    }
    let bare = accepted(with(PRODUCTION, &[]));
    assert!(bare.off().iter().any(|line| line.contains("OPENAI_API_KEY")));
    assert_eq!(bare.database.url.expose_secret(), bare.database.owner_url.expose_secret());
}

#[test]
fn development_sends_mail_to_this_machine() {
    let settings = accepted(with(DEVELOPMENT, &[]));
    assert!(matches!(settings.mail, MailSettings::Smtp { ref host, port: 1025, .. } if host == "localhost"));
    assert_eq!(settings.public_url.as_str(), "http://127.0.0.1:3000/");
    accepted(with(DEVELOPMENT, &[("HOST_OVERRIDES", "*=http://localhost:4000")]));
}

#[test]
fn ml_15_mail_comes_from_the_installations_own_host_unless_told_otherwise() {
    let sender = |changes: &[(&str, &str)]| match accepted(with(PRODUCTION, changes)).mail {
        MailSettings::Smtp { from, reply_to, .. } | MailSettings::Resend { from, reply_to, .. } => (from, reply_to),
        MailSettings::Log { from } => (from, None),
    };
    assert_eq!(sender(&[("FROM_EMAIL", "")]), ("Aura <noreply@aura.example.com>".into(), None));
    assert_eq!(sender(&[("FROM_EMAIL", ""), ("SMTP_FROM", "a@b.example")]).0, "a@b.example");
    let both = sender(&[("FROM_EMAIL", "AURA <noreply@moreaura.example>"), ("REPLY_TO_EMAIL", "help@b.example")]);
    assert_eq!(both, ("AURA <noreply@moreaura.example>".into(), Some("help@b.example".into())));
    let resend = &[("FROM_EMAIL", ""), ("SMTP_HOST", ""), ("AUTH_RESEND_KEY", "re_test")];
    assert_eq!(sender(resend).0, "Aura <noreply@aura.example.com>");
    let on_an_address = accepted(with(DEVELOPMENT, &[("FROM_EMAIL", "")]));
    assert!(matches!(on_an_address.mail, MailSettings::Smtp { ref from, .. } if from == "Aura <noreply@localhost>"));
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let path = std::env::temp_dir().join(format!("aura-secret-{}", std::process::id()));
    fs::write(&path, format!("{SECRET}\n")).unwrap();
    let without: Vec<_> = DEVELOPMENT.iter().filter(|(name, _)| *name != "AUTH_SECRET").copied().collect();
    let settings = accepted(with(&without, &[("AUTH_SECRET_FILE", path.to_str().unwrap())]));
    assert_eq!(settings.auth_secret.expose_secret(), SECRET);
    fs::remove_file(&path).unwrap();
    assert!(errors(with(&without, &[("AUTH_SECRET_FILE", path.to_str().unwrap())])).names("AUTH_SECRET_FILE"));
}

/// Files that are not there, cannot be read, hold something else, or hold keys that do not belong together: the message
/// names them, and nothing of what they hold.
#[test]
fn tk_21_files_that_hold_no_pair_of_keys_are_named() {
    let other = token_keys::new();
    let keys = token_keys::pair();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let private = fs::read(&keys.private).unwrap();
    let (empty, half) = (file("empty.pem", b""), file("half.pem", &private[..private.len() / 2]));
    let (binary, folder_path) = (file("binary.pem", &[0xff, 0xfe, 0]), folder.path().to_str().unwrap().to_owned());
    let both = format!("{},{}", other.public, keys.public);
    for base in [DEVELOPMENT, PRODUCTION] {
        for (name, path) in [
            ("JWT_PRIVATE_KEY_PATH", "/no/such/place/private.pem"),
            ("JWT_PUBLIC_KEY_PATH", "/no/such/place/public.pem"),
            ("JWT_PRIVATE_KEY_PATH", &folder_path),
            ("JWT_PRIVATE_KEY_PATH", &binary),
            ("JWT_PRIVATE_KEY_PATH", &empty),
            ("JWT_PRIVATE_KEY_PATH", &half),
            ("JWT_PRIVATE_KEY_PATH", &keys.public),
            ("JWT_PUBLIC_KEY_PATH", &keys.private),
            ("JWT_PUBLIC_KEY_PATH", &empty),
            ("JWT_PRIVATE_KEY_PATH", &other.private),
            ("JWT_PUBLIC_KEY_PATH", &other.public),
            ("JWT_PUBLIC_KEY_PATH", &both),
        ] {
            let errors = errors(with(base, &[(name, path)]));
            assert_eq!(errors.0.len(), 1, "{name}={path}: {errors}");
            let text = errors.to_string();
            assert!(text.contains(path) && text.contains("openssl genrsa"), "{name}={path}: {text}");
            assert!(!text.contains("BEGIN") && !text.contains("MII"), "{text}");
        }
    }
    let nowhere = [("JWT_PRIVATE_KEY_PATH", "/no/private.pem"), ("JWT_PUBLIC_KEY_PATH", "/no/public.pem")];
    let text = errors(with(PRODUCTION, &nowhere)).to_string();
    assert!(nowhere.iter().all(|(_, path)| text.contains(path)), "both at once: {text}");

    // A former public key may stand behind the one of the pair, and how long tokens last is within a year.
    let both = format!("{},{}", keys.public, other.public);
    accepted(with(PRODUCTION, &[("JWT_PUBLIC_KEY_PATH", &both)]));
    for name in ["JWT_EXPIRY_DAYS", "REFRESH_TOKEN_EXPIRY_DAYS"] {
        for days in ["0", "-1", "366", "7d"] {
            assert!(errors(with(PRODUCTION, &[(name, days)])).names(name), "{name}={days}");
        }
    }
    let lasts = |changes: &[(&str, &str)]| {
        let tokens = accepted(with(PRODUCTION, changes)).tokens;
        (tokens.access_lasts.whole_days(), tokens.refresh_lasts.whole_days())
    };
    assert_eq!(lasts(&[]), (7, 30));
    assert_eq!(lasts(&[("JWT_EXPIRY_DAYS", "1"), ("REFRESH_TOKEN_EXPIRY_DAYS", "365")]), (1, 365));
}

#[test]
fn a_client_needs_both_halves() {
    let settings = accepted(with(DEVELOPMENT, &[("EXAMPLE_CLIENT_ID", "id"), ("EXAMPLE_CLIENT_SECRET", "secret")]));
    assert_eq!(settings.client("EXAMPLE").unwrap().id, "id");
    assert!(errors(with(DEVELOPMENT, &[("EXAMPLE_CLIENT_ID", "id")])).names("EXAMPLE_CLIENT_SECRET"));
}

#[test]
fn the_example_names_every_variable_and_no_other() {
    let example = fs::read_to_string(".env.example").unwrap();
    let named: BTreeSet<&str> = example.lines().filter_map(assigned).collect();
    let read: BTreeSet<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(named, read);
    for variable in VARIABLES {
        assert!(!variable.without.is_empty(), "{} does not say what happens without it", variable.name);
        let open = example.lines().any(|line| line.starts_with(&format!("{}=", variable.name)));
        assert_eq!(
            open,
            variable.need == Need::Always,
            "{}: only what is always needed stands uncommented",
            variable.name
        );
    }
}

/// The name that a line sets, commented out or not.
fn assigned(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start_matches("# ").split_once('=')?;
    let fits = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || "_{}".contains(letter);
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

#[test]
fn the_examples_of_the_other_modes_need_only_their_blanks() {
    for (file, environment) in [(".env.production.example", "production"), (".env.staging.example", "staging")] {
        let text = fs::read_to_string(file).unwrap();
        let given: Vec<_> =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect();
        let filled = given.iter().map(|(name, value)| {
            let value = match *name {
                _ if !value.is_empty() => *value,
                "AUTH_SECRET" => SECRET,
                "AURA_KEYS" => KEYS,
                "DATABASE_URL" => "postgres://localhost/aura",
                "FROM_EMAIL" | "SMTP_FROM" | "REPLY_TO_EMAIL" => "hello@example.com",
                _ if name.starts_with("JWT_") => token_key_files().into_iter().find(|(key, _)| key == name).unwrap().1,
                _ => "filled",
            };
            (*name, value)
        });
        let settings = accepted(Settings::load(&filled.collect::<Variables>()));
        assert_eq!(settings.environment.to_string(), environment);
    }
}

#[test]
fn leptos_toml_agrees_with_cargo_toml() {
    let section = |file: &str| {
        let text = fs::read_to_string(file).unwrap();
        let table: toml::Table = text.parse().unwrap();
        table["package"]["metadata"]["leptos"].as_table().unwrap().clone()
    };
    let (site, build) = (section("Leptos.toml"), section("Cargo.toml"));
    for (key, value) in &site {
        if key != "env" {
            assert_eq!(build.get(key), Some(value), "{key}");
        }
    }
    assert!(site.contains_key("site-root") && site.contains_key("output-name"));
}
