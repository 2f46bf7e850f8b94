//! What refusals of token endpoints mean for a connection, by bodies as vendors write them.

use aura::{
    platform::http::Response,
    providers::{
        catalogue,
        oauth::errors::{OauthError, accepted_renewal},
    },
};
use time::{OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);

const DEAD: OauthError = OauthError::InvalidGrant;
const CLIENT: OauthError = OauthError::ClientWrong;
const AWAY: OauthError = OauthError::Outage;
const PAGE: OauthError = OauthError::Malformed;
const ODD: OauthError = OauthError::Refused;
const PERSON: OauthError = OauthError::AccessDenied;
const LIMIT: OauthError = OauthError::Limited { retry_after: 30 };

type Recorded = (&'static str, u16, &'static str, OauthError);

/// As the vendors' documents, their programs and reports of others show them.
const RECORDED: &[Recorded] = &[
    (
        "google-calendar",
        400,
        r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
        DEAD,
    ),
    ("google-calendar", 400, r#"{"error":"invalid_grant","error_description":"Bad Request"}"#, DEAD),
    (
        "google-calendar",
        401,
        r#"{"error":"invalid_client","error_description":"The OAuth client was deleted."}"#,
        CLIENT,
    ),
    ("google-calendar", 403, r#"{"error":"rate_limit_exceeded","error_description":"Too many requests"}"#, LIMIT),
    ("google-calendar", 500, r#"{"error":"internal_failure"}"#, AWAY),
    ("google-calendar", 502, "<!DOCTYPE html><html><title>Error 502 (Server Error)!!1</title></html>", AWAY),
    (
        "github",
        200,
        r#"{"error":"bad_refresh_token","error_description":"The refresh token passed is incorrect or expired."}"#,
        DEAD,
    ),
    (
        "github",
        200,
        r#"{"error":"incorrect_client_credentials","error_description":"The client_id and/or client_secret passed are incorrect."}"#,
        CLIENT,
    ),
    ("github", 200, r#"{"error":"unsupported_grant_type"}"#, ODD),
    ("slack", 200, r#"{"ok":false,"error":"invalid_refresh_token"}"#, DEAD),
    ("slack", 200, r#"{"ok":false,"error":"token_revoked"}"#, DEAD),
    ("slack", 200, r#"{"ok":false,"error":"bad_client_secret"}"#, CLIENT),
    ("slack", 200, r#"{"ok":false,"error":"fatal_error"}"#, AWAY),
    ("slack", 200, r#"{"ok":false,"error":"ratelimited"}"#, LIMIT),
    ("spotify", 400, r#"{"error":"invalid_grant","error_description":"Refresh token revoked"}"#, DEAD),
    ("spotify", 400, r#"{"error":"invalid_client","error_description":"Invalid client secret"}"#, CLIENT),
    ("spotify", 503, r#"{"error":"server_error","error_description":"An unexpected error occurred."}"#, AWAY),
    ("spotify", 429, "Too many requests", LIMIT),
    (
        "soundcloud",
        400,
        r#"{"code":400,"message":"invalid_grant","link":"https://developers.soundcloud.com/docs/api/explorer/open-api"}"#,
        DEAD,
    ),
    (
        "soundcloud",
        401,
        r#"{"code":401,"message":"invalid_client","link":"https://developers.soundcloud.com"}"#,
        CLIENT,
    ),
    ("jira", 403, r#"{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}"#, DEAD),
    ("jira", 403, r#"{"error_description":"refresh_token is invalid"}"#, DEAD),
    ("jira", 401, r#"{"error":"access_denied","error_description":"Unauthorized"}"#, CLIENT),
    ("jira", 403, "<html><body>Forbidden by the network</body></html>", PAGE),
    (
        "microsoft-teams",
        400,
        r#"{"error":"invalid_grant","error_description":"AADSTS70008: The provided authorization code or refresh token has expired due to inactivity.","error_codes":[70008]}"#,
        DEAD,
    ),
    (
        "microsoft-teams",
        400,
        r#"{"error":"interaction_required","error_description":"AADSTS50076: you must use multi-factor authentication","suberror":"basic_action"}"#,
        PERSON,
    ),
    (
        "microsoft-teams",
        401,
        r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}"#,
        CLIENT,
    ),
    (
        "microsoft-teams",
        400,
        r#"{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error has occurred."}"#,
        AWAY,
    ),
    ("salesforce", 400, r#"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#, DEAD),
    ("salesforce", 400, r#"{"error":"inactive_user","error_description":"user is inactive"}"#, DEAD),
    ("salesforce", 400, r#"{"error":"unknown_error","error_description":"retry your request"}"#, ODD),
    // Its words name the redirect, and it has nothing to do with it.
    (
        "gitlab",
        400,
        r#"{"error":"invalid_grant","error_description":"The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."}"#,
        DEAD,
    ),
    ("hubspot", 400, r#"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"}"#, DEAD),
    ("xero", 400, r#"{"error":"unauthorized_client"}"#, CLIENT),
    ("zendesk", 401, r#"{"error":"invalid_grant","error_description":"The refresh token is invalid."}"#, DEAD),
    ("quickbooks", 400, r#"{"error":"invalid_grant","error_description":"Incorrect Token type or clientID"}"#, DEAD),
    ("notion", 401, r#"{"error":"invalid_client","request_id":"b0c9"}"#, CLIENT),
    (
        "airtable",
        409,
        r#"{"error":"invalid_request","error_description":"Another request for this token is under way"}"#,
        AWAY,
    ),
    ("linear", 200, "<html>We are down for maintenance</html>", PAGE),
    ("linear", 200, "", PAGE),
    ("linear", 200, "[]", PAGE),
    ("linear", 401, "<html>Log in to the network of your hotel</html>", PAGE),
    ("linear", 401, "", PAGE),
    ("linear", 503, "upstream connect error or disconnect/reset before headers", AWAY),
    ("linear", 500, r#"{"error":"invalid_grant"}"#, AWAY),
    ("linear", 408, "", AWAY),
    ("linear", 400, r#"{"error":"invalid_request"}"#, ODD),
];

fn sorted(service: &str, status: u16, body: &str) -> Option<OauthError> {
    let oauth = catalogue().get(service).unwrap().oauth.as_ref().unwrap();
    let response = Response { status, headers: http::HeaderMap::new(), body: body.into() };
    accepted_renewal(oauth, &response, NOW).err()
}

#[test]
fn rf_01_refusals_as_vendors_write_them_are_sorted_by_what_they_mean_for_the_connection() {
    assert!(RECORDED.len() >= 40);
    for (service, status, body, meaning) in RECORDED {
        assert_eq!(sorted(service, *status, body), Some(*meaning), "{service} {status} {body}");
    }
    // What an entry says of its vendor counts beside the code, and a refusal may tell no code at all, or deep inside.
    for (service, status, body, meaning) in [
        ("jira", 403, r#"{"error":"forbidden","error_description":"The account has left the site."}"#, DEAD),
        ("linear", 403, r#"{"error":"forbidden"}"#, ODD),
        ("linear", 401, r#"{"message":"Unauthorized"}"#, CLIENT),
        ("linear", 400, r#"{"error":{"type":"invalid_grant"}}"#, DEAD),
        ("slack", 200, r#"{"ok":false}"#, ODD),
    ] {
        assert_eq!(sorted(service, status, body), Some(meaning), "{service} {status} {body}");
    }
}

/// Whatever it says, a server that fails has said nothing about the grant.
#[test]
fn no_outage_looks_like_a_withdrawn_grant() {
    for status in [408, 429, 500, 502, 503, 504, 520, 599] {
        for (service, _, body, _) in RECORDED {
            let meaning = sorted(service, status, body);
            assert!(meaning.is_some_and(OauthError::passes), "{service} {status} {body}: {meaning:?}");
        }
    }
}
