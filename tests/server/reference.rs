//! The page of the JSON API: the plain list, and what Scalar is allowed in its place.

use std::{fs, sync::Arc};

use aura::serve;
use axum::body::Body;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::{
    contract::{document, operations},
    support::TestApp,
};

const PAGE: &str = "/api/docs";
const FILE: &str = "standalone.0123456789abcdef.js";

/// The page, and the file, of an installation that has Scalar.
async fn with_scalar(app: &TestApp, path: &str) -> Response<Body> {
    let root = std::env::temp_dir().join(format!("aura-scalar-{}", std::process::id()));
    fs::create_dir_all(root.join("scalar")).unwrap();
    fs::write(root.join("scalar").join(FILE), "// Scalar").unwrap();
    fs::write(root.join("scalar/LICENSE.txt"), "MIT").unwrap();
    let router = {
        let mut state = app.state().clone();
        state.site.options.site_root = Arc::from(root.to_str().unwrap());
        serve::router(&state)
    };
    router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn policy(response: &Response<Body>) -> String {
    response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
}

#[sqlx::test]
async fn ap_10_the_page_of_the_contract_lists_every_operation_without_a_script(db: PgPool) {
    let app = TestApp::new(db).await;
    let response = app.router().oneshot(Request::get(PAGE).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let html = text(response).await;
    let document = document(&app);
    for operation in operations(&document) {
        let said = &document["paths"][&operation.path][operation.method.to_lowercase()];
        let line = format!("<code>{} {}</code>", operation.method, operation.path);
        let shown = html.replace("<!>", "");
        let at = shown.find(&line).unwrap_or_else(|| panic!("{line} is not listed"));
        let rest = &shown[at..];
        let row = &rest[..rest.find("</li>").unwrap()];
        let summary = said["summary"].as_str().unwrap().replace('\'', "&#x27;");
        assert!(row.replace("&#39;", "&#x27;").replace('\'', "&#x27;").contains(&summary), "{line}: {row}");
        assert_eq!(row.contains("no token needed"), !operation.guarded, "{line}");
    }
    assert!(html.contains("href=\"/api/openapi.json\"") && html.contains("How to get a token"));
    assert!(!html.contains("<script") && !html.contains("style=\""));
}

#[sqlx::test]
async fn ap_11_scalar_comes_from_here_and_may_write_styles_and_nothing_else(db: PgPool) {
    let app = TestApp::new(db).await;
    let (first, second) = (with_scalar(&app, PAGE).await, with_scalar(&app, PAGE).await);
    let (said, again) = (policy(&first), policy(&second));
    assert_ne!(said, again, "each answer has a nonce of its own");
    for forbidden in ["unsafe-eval", "https:", "http:", "*", "blob:"] {
        assert!(!said.contains(forbidden), "{said}");
    }
    let directives: Vec<&str> = said.split(';').map(str::trim).collect();
    assert!(directives.contains(&"script-src 'self'") && directives.contains(&"connect-src 'self'"), "{said}");
    let inline: Vec<_> = directives.iter().filter(|one| one.contains("unsafe-inline")).collect();
    assert_eq!(inline, [&"style-src-attr 'unsafe-inline'"], "only attributes of styles");
    assert_eq!(first.headers()[header::CACHE_CONTROL], "no-store");
    let html = text(first).await;
    let nonce = said.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert_eq!(
        said.replace(nonce, "…"),
        "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-…'; style-src-attr 'unsafe-inline'; img-src \
         'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    assert!(html.contains(&format!("<meta property=\"csp-nonce\" content=\"{nonce}\">")), "{html}");
    assert!(html.contains(&format!("data-scalar=\"/scalar/{FILE}\"")));
    assert_eq!(html.matches("<script").count(), 1, "nothing runs but a file");
    assert!(html.contains("<code>"), "the list is there for whoever runs no script");

    let file = with_scalar(&app, &format!("/scalar/{FILE}")).await;
    assert_eq!(file.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let script = html.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = with_scalar(&app, script).await;
    assert_eq!(script.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    let script = text(script).await;
    for nobody_else in [
        "telemetry: false",
        "withDefaultFonts: false",
        "proxyUrl: \"\"",
        "agent: { disabled: true }",
        "mcp: { disabled: true }",
    ] {
        assert!(script.contains(nobody_else), "{nobody_else}");
    }
}
