//! The app as everybody may see it, its test account and its allowlist.

use crate::privy::ask::Ask;
use crate::privy::keys::random;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::Privy;
use crate::privy::{APP_ID, APP_SECRET};
use serde_json::{Value, json};

/// Address of the test account.
pub const TEST_EMAIL: &str = "test-4010@privy.io";
/// Number of the test account.
pub const TEST_PHONE: &str = "+15555554010";
/// The same number as Privy writes it here.
const TEST_PHONE_SHOWN: &str = "+1 555 555 4010";
/// The code that always opens it.
pub const TEST_CODE: &str = "401040";

/// When the app was made.
const MADE_AT: i64 = 1_767_225_600;

/// Ways in that are on.
const ON: [&str; 19] = [
    "wallet_auth",
    "email_auth",
    "sms_auth",
    "google_oauth",
    "twitter_oauth",
    "discord_oauth",
    "github_oauth",
    "spotify_oauth",
    "instagram_oauth",
    "tiktok_oauth",
    "line_oauth",
    "twitch_oauth",
    "linkedin_oauth",
    "apple_oauth",
    "passkey_auth",
    "passkeys_for_signup_enabled",
    "guest_auth",
    "solana_wallet_auth",
    "custom_jwt_auth",
];
/// What is off.
const OFF: [&str; 14] = [
    "require_users_accept_terms",
    "show_wallet_login_first",
    "telegram_oauth",
    "farcaster_auth",
    "telegram_auth",
    "disable_plus_emails",
    "allowlist_enabled",
    "enforce_wallet_uis",
    "legacy_wallet_ui_config",
    "fiat_on_ramp_enabled",
    "captcha_enabled",
    "twitter_oauth_on_mobile_enabled",
    "farcaster_link_wallets_enabled",
    "whatsapp_enabled",
];
/// What is not there.
const NONE: [&str; 10] = [
    "logo_url",
    "icon_url",
    "terms_and_conditions_url",
    "privacy_policy_url",
    "wallet_connect_cloud_project_id",
    "custom_api_url",
    "enabled_captcha_provider",
    "telegram_auth_config",
    "funding_config",
    "max_linked_wallets_per_user",
];

/// The app before any test changes it.
pub fn usual(id: &str) -> Value {
    let mut app = json!({
        "id": id, "name": "Aura (sandbox)", "theme": "light", "accent_color": "#5a3fd6",
        "allowed_domains": ["http://localhost", "http://127.0.0.1"], "allowed_native_app_ids": [],
        "allowed_native_app_url_schemes": [], "custom_oauth_providers": [], "mfa_methods": [],
        "allowlist_config": { "error_title": null, "error_detail": null, "cta_text": null, "cta_link": null },
        "embedded_wallet_config": {
            "create_on_login": "off", "ethereum": { "create_on_login": "off" }, "solana": { "create_on_login": "off" },
            "user_owned_recovery_options": ["user-passcode"], "require_user_owned_recovery_on_create": false,
            "require_user_password_on_create": false, "mode": "user-controlled-server-wallets-only",
        },
        "captcha_site_key": "", "smart_wallet_config": { "enabled": false }, "data_classification": "public",
        "created_at": MADE_AT, "updated_at": MADE_AT,
    });
    if let Some(object) = app.as_object_mut() {
        object.extend(ON.map(|name| (name.to_owned(), true.into())));
        object.extend(OFF.map(|name| (name.to_owned(), false.into())));
        object.extend(NONE.map(|name| (name.to_owned(), Value::Null)));
    }
    app
}

/// `GET /apps/{id}`.
pub fn show(privy: &Privy, id: &str) -> Outcome {
    check_id(id)?;
    let mut app = usual(id);
    if let Some(object) = app.as_object_mut() {
        object.insert("verification_key".into(), privy.keys.last().map(|key| key.pem()).into());
        object.extend(privy.overlay.clone());
    }
    ok(app)
}

/// `GET /apps/{id}/jwks.json`.
pub fn jwks(privy: &Privy, id: &str) -> Outcome {
    check_id(id)?;
    ok(json!({ "keys": privy.keys.iter().map(|key| key.jwk()).collect::<Vec<Value>>() }))
}

/// `GET /apps/{id}/test_credentials`.
pub fn test_credentials(id: &str) -> Outcome {
    check_id(id)?;
    ok(json!({ "data": [{
        "id": "sandbox-test-account", "email": TEST_EMAIL, "phone_number": TEST_PHONE_SHOWN, "otp_code": TEST_CODE,
        "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z",
    }] }))
}

/// `GET|POST|DELETE /apps/{id}/allowlist`.
pub fn allowlist(privy: &mut Privy, ask: &Ask<'_>, id: &str) -> Outcome {
    check_id(id)?;
    if ask.call.method == "GET" {
        return ok(Value::Array(privy.allowlist.clone()));
    }
    let (kind, value) = (ask.text("type")?, ask.text("value")?.trim().to_lowercase());
    if !["email", "emailDomain", "phone", "wallet"].contains(&kind) {
        return Err(Problem::data("type must be email, emailDomain, phone or wallet"));
    }
    let same = |entry: &Value| entry["type"] == kind && entry["value"] == value.as_str();
    if ask.call.method == "DELETE" {
        let position = privy.allowlist.iter().position(same).ok_or_else(|| Problem::missing("No such entry"))?;
        privy.allowlist.remove(position);
        return ok(json!({ "message": "Allowlist entry deleted" }));
    }
    if let Some(entry) = privy.allowlist.iter().find(|entry| same(entry)) {
        return ok(entry.clone());
    }
    let entry = json!({ "id": random(24), "type": kind, "value": value, "appId": id, "acceptedAt": null });
    privy.allowlist.push(entry.clone());
    ok(entry)
}

impl Privy {
    /// Refuses who is not on the list, where the app has one.
    pub fn check_allowlist(&self, key: &(String, String)) -> Result<(), Problem> {
        if !self.is_on("allowlist_enabled") {
            return Ok(());
        }
        let value = key.1.to_lowercase();
        let domain = value.split_once('@').map(|(_, domain)| domain);
        let listed = self.allowlist.iter().any(|entry| {
            (entry["type"] == key.0.as_str() && entry["value"] == value.as_str())
                || (entry["type"] == "emailDomain" && entry["value"].as_str() == domain)
        });
        if listed {
            return Ok(());
        }
        Err(Problem::new(401, "allowlist_rejected", "You do not have access to this app"))
    }
}

/// Refuses calls for another app.
pub fn check_id(id: &str) -> Result<(), Problem> {
    if id == APP_ID {
        return Ok(());
    }
    Err(Problem::new(400, "missing_or_invalid_privy_app_id", "Missing or invalid Privy app ID"))
}

/// Refuses servers that do not hold the secret.
pub fn check_secret(ask: &Ask<'_>) -> Result<(), Problem> {
    match ask.call.basic() {
        Some((id, secret)) if id == APP_ID && secret == APP_SECRET => Ok(()),
        _ => Err(Problem::new(401, "invalid_credentials", "Invalid app ID or app secret.")),
    }
}
