//! Refusals at the token endpoint in the words of each vendor.

use crate::answer;
use crate::call::Call;
use crate::dialects::{Dialect, Errors};
use axum::response::Response;
use serde_json::{Value, json};

/// What is wrong with a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The client is unknown, its secret is wrong, or shown in the wrong place.
    Client,
    /// The code is unknown, spent or too old.
    Code,
    /// The redirect address differs from the one of the authorize request.
    Redirect,
    /// The proof key does not fit.
    Proof,
    /// The refresh token is unknown, spent or revoked.
    RefreshToken,
    /// A field is missing or has the wrong form.
    Request,
    /// The kind of grant is unknown.
    GrantType,
}

/// The vendor's answer; `reason` is for the journal and, where vendors explain, for the description.
pub fn answer(dialect: &Dialect, call: &Call, wrong: Wrong, reason: &str) -> Response {
    let response = match dialect.errors {
        Errors::Slack => answer::json(200, json!({ "ok": false, "error": slack_word(wrong) })),
        Errors::Github => github(call, wrong),
        Errors::Google => {
            answer::json(status(wrong), json!({ "error": word(wrong), "error_description": google_words(wrong) }))
        }
        Errors::Atlassian if wrong == Wrong::RefreshToken => answer::json(
            403,
            json!({ "error": "invalid_grant", "error_description": "Unknown or invalid refresh token." }),
        ),
        Errors::Microsoft => answer::json(status(wrong), microsoft(wrong, reason)),
        Errors::Atlassian | Errors::Plain => {
            answer::json(status(wrong), json!({ "error": word(wrong), "error_description": reason }))
        }
    };
    answer::refused(response, format!("{}: {reason}", dialect.id))
}

fn status(wrong: Wrong) -> u16 {
    if wrong == Wrong::Client { 401 } else { 400 }
}

fn word(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::Client => "invalid_client",
        Wrong::Code | Wrong::Redirect | Wrong::Proof | Wrong::RefreshToken => "invalid_grant",
        Wrong::Request => "invalid_request",
        Wrong::GrantType => "unsupported_grant_type",
    }
}

fn slack_word(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::Client => "bad_client_secret",
        Wrong::Code => "invalid_code",
        Wrong::Redirect => "bad_redirect_uri",
        Wrong::Proof => "invalid_code_verifier",
        Wrong::RefreshToken => "invalid_refresh_token",
        Wrong::Request => "invalid_arguments",
        Wrong::GrantType => "invalid_grant_type",
    }
}

fn google_words(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::Client => "The OAuth client was not found.",
        Wrong::Code => "Malformed auth code.",
        Wrong::Redirect => "Bad Request",
        Wrong::Proof => "Invalid code verifier.",
        Wrong::RefreshToken => "Token has been expired or revoked.",
        Wrong::Request => "Missing required parameter.",
        Wrong::GrantType => "Invalid grant_type.",
    }
}

fn microsoft(wrong: Wrong, reason: &str) -> Value {
    let number = match wrong {
        Wrong::Client => 7_000_215,
        Wrong::Code => 70_008,
        Wrong::Redirect => 50_011,
        Wrong::Proof => 501_481,
        Wrong::RefreshToken => 700_082,
        Wrong::Request => 900_144,
        Wrong::GrantType => 70_003,
    };
    json!({ "error": word(wrong), "error_description": format!("AADSTS{number}: {reason}"), "error_codes": [number] })
}

/// GitHub says 200 whatever happens, and speaks forms unless asked for JSON.
fn github(call: &Call, wrong: Wrong) -> Response {
    let (error, description) = match wrong {
        Wrong::Client => ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."),
        Wrong::Redirect => {
            ("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
        }
        Wrong::RefreshToken => ("bad_refresh_token", "The refresh token passed is incorrect or expired."),
        Wrong::GrantType => ("unsupported_grant_type", "The grant type is not supported."),
        Wrong::Code | Wrong::Proof | Wrong::Request => {
            ("bad_verification_code", "The code passed is incorrect or expired.")
        }
    };
    github_form(
        call,
        &json!({
            "error": error,
            "error_description": description,
            "error_uri": "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/",
        }),
    )
}

/// A flat object as JSON or as a form, as the `Accept` header says.
pub fn github_form(call: &Call, body: &Value) -> Response {
    if call.header("accept").is_some_and(|accept| accept.contains("application/json")) {
        return answer::json(200, body.clone());
    }
    let fields: Vec<(String, String)> = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    answer::form(200, &fields)
}
