//! Connecting by OAuth 2 in every dialect of the catalogue, against the sandbox's own table of dialects.

use aura::providers::catalogue;
use http::{StatusCode, header};
use sandbox::dialects::{Pkce, fits};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;
use wiremock::ResponseTemplate;

use crate::{
    abroad::{Abroad, MIRA, link_of, path_of, services},
    browser::{Browser, wait},
    vendor::{GITHUB_TOKEN, Vendor, begin, count, parameter, return_address, state_of},
};

#[sqlx::test]
async fn oa_10_every_service_is_connected_renewed_and_ended_in_its_own_dialect(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let app = &abroad.app;
    let mut browser = abroad.signed_in(MIRA).await;
    let (mut walked, mut renewed, mut revoked) = (0, 0, 0);
    for provider in services() {
        let id = &provider.id;
        let address = abroad.leave(&mut browser, provider, &[]).await;
        // The sandbox's table says where the vendor asks for consent, and what it wants to be told.
        let dialect = abroad.sandbox.dialects.by_id(id).unwrap_or_else(|| panic!("the sandbox does not know {id}"));
        let (host, path) = address.path().trim_start_matches('/').split_once('/').unwrap();
        assert!(fits(&dialect.authorize, host, &format!("/{path}")), "{id}: {address}");
        let redirect = format!("http://127.0.0.1:3000/api/integrations/{id}/callback");
        assert_eq!(parameter(&address, "redirect_uri"), Some(redirect), "{id}");
        assert_eq!(parameter(&address, "client_id"), Some(format!("sandbox-{id}")), "{id}");
        assert!(parameter(&address, "state").is_some_and(|state| state.len() > 60), "{id}");
        let challenge = parameter(&address, "code_challenge");
        assert!(dialect.pkce != Pkce::Required || challenge.is_some(), "{id}");
        let method = parameter(&address, "code_challenge_method");
        assert_eq!(method.as_deref(), challenge.as_ref().map(|_| "S256"), "{id}");
        for pair in &dialect.authorize_params {
            let (name, value) = pair.split_once('=').unwrap();
            assert_eq!(parameter(&address, name).as_deref(), Some(value), "{id}");
        }

        let row = abroad.connect(&mut browser, provider, &[], "mira").await;
        walked += 1;
        assert_eq!(abroad.refused(), [] as [String; 0], "{id}");
        assert_eq!(row.state, "active", "{id}: {:?} of {:?}", row.scopes, row.asked_scopes);
        let asked = provider.oauth.as_ref().unwrap().scope_names();
        assert_eq!(row.asked_scopes, asked, "{id}");
        assert!(!row.account_id.is_empty() && !row.account_label.is_empty(), "{id}: {row:?}");
        for blank in &provider.blanks {
            let value = row.blanks[&blank.name].as_str().unwrap_or_default();
            assert!(blank.keeps(value), "{id}: {} is {value:?}", blank.name);
        }

        if row.refreshable {
            sqlx::query("update connections set refresh_due_at = $2 where id = $1")
                .bind(row.id)
                .bind(app.clock().now() - Duration::MINUTE)
                .execute(app.db())
                .await
                .unwrap();
            app.state().integrations.renew_due().await.unwrap();
            let after = abroad.rows().await.into_iter().find(|after| after.id == row.id).unwrap();
            assert_eq!(
                (after.state.as_str(), after.version),
                ("active", row.version + 1),
                "{id}: {:?}",
                abroad.refused()
            );
            renewed += 1;
        }
        let ended = browser.json_at(&format!("/api/integrations/{}/disconnect", row.id), &[]).await;
        let verdict = ended.value()["verdict"].as_str().unwrap_or_default().to_owned();
        assert_ne!(verdict, "failed", "{id}: {:?}", abroad.refused());
        revoked += usize::from(verdict == "revoked");
        assert_eq!(abroad.refused(), [] as [String; 0], "{id}");
    }
    assert_eq!(count(app, "connections").await, 0);
    assert_eq!(walked, 48);
    assert!(renewed >= 35 && revoked >= 18, "{renewed} renewed, {revoked} revoked");
}

#[sqlx::test]
async fn oa_11_a_hostile_answer_of_a_token_endpoint_is_told_by_its_true_reason(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let json = |status: u16, body| ResponseTemplate::new(status).set_body_json(body);
    let text = |status: u16, body: &str| ResponseTemplate::new(status).set_body_string(body);
    let table = [
        ("a page", text(200, "<html>Sign in to the hotel</html>"), "answer_unreadable"),
        ("a page of a proxy", text(403, "<html>Blocked</html>"), "answer_unreadable"),
        ("nothing", text(200, ""), "answer_unreadable"),
        ("a list", json(200, json!([])), "answer_unreadable"),
        ("no token", json(200, json!({"token_type": "bearer", "scope": "repo"})), "answer_unreadable"),
        ("an empty token", json(200, json!({"access_token": ""})), "answer_unreadable"),
        ("a number", json(200, json!({"access_token": 7})), "answer_unreadable"),
        ("an object", json(200, json!({"access_token": {"a": 1}})), "answer_unreadable"),
        ("half an object", text(200, "{\"access_token\": \"a"), "answer_unreadable"),
        ("1 MB", json(200, json!({"access_token": "a".repeat(1_000_000)})), "answer_too_large"),
        ("a refusal with 200", json(200, json!({"error": "bad_verification_code"})), "code_refused"),
        ("a wrong client with 200", json(200, json!({"error": "incorrect_client_credentials"})), "client_refused"),
        ("an unknown refusal", json(400, json!({"error": "<script>alert(1)</script>"})), "exchange_refused"),
        ("too often", json(429, json!({})), "too_many_requests"),
        ("an outage", text(503, "<html>Down</html>"), "service_away"),
        ("a way elsewhere", text(302, ""), "answer_unreadable"),
    ];
    for (what, answer, code) in table {
        vendor.server.reset().await;
        vendor.answers("POST", GITHUB_TOKEN, answer).await;
        wait(&app, Duration::seconds(7));
        let state = state_of(&begin(&app, &browser, "github").await);
        let told = browser.get_json(&return_address("github", &[("code", "c"), ("state", &state)])).await;
        assert_eq!(told.code(), code, "{what}: {}", told.text());
        assert!(!told.text().contains("<script>"), "{what}");
        assert_eq!(vendor.token_requests().await, 1, "{what}: a code is tried once");
    }
    assert_eq!(count(&app, "connections").await, 0);
}

#[sqlx::test]
async fn oa_12_an_answer_that_breaks_off_is_no_answer(db: PgPool) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _read = socket.read(&mut buffer).await;
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{\"access_token\": \"a";
            let _written = socket.write_all(head).await;
        }
    });
    let app = Vendor::app_at(&address, db, &[]).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let state = state_of(&begin(&app, &browser, "github").await);
    let told = browser.get_json(&return_address("github", &[("code", "c"), ("state", &state)])).await;
    assert_eq!((told.status, told.code().as_str()), (StatusCode::BAD_GATEWAY, "service_slow"), "{}", told.text());
    assert_eq!(count(&app, "connections").await, 0);
}

#[sqlx::test]
async fn oa_13_a_tenant_is_asked_for_by_a_plain_form_and_held_to_the_vendor(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let form = browser.click("/api/integrations/zendesk").await;
    assert_eq!(form.status, StatusCode::OK);
    for part in ["<form", "method=\"get\"", "name=\"subdomain\"", "Zendesk subdomain", "acme for acme.zendesk.com"] {
        assert!(form.text().contains(part), "{part}: {}", form.text());
    }
    assert!(!form.text().contains("<script"), "{}", form.text());
    for tenant in
        ["evil.example", "evil.example/", "a@evil.example", "127.0.0.1", "acme:8443", "%5B::1%5D", "", "a%0d%0ab"]
    {
        wait(&abroad.app, Duration::seconds(7));
        let refused = browser.click(&format!("/api/integrations/zendesk?subdomain={tenant}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{tenant}");
        assert!(refused.text().contains("role=\"alert\""), "{tenant}: {}", refused.text());
        let json = browser.get_json(&format!("/api/integrations/zendesk?subdomain={tenant}")).await;
        assert_eq!((json.status.as_u16(), json.code().as_str()), (422, "tenant_refused"), "{tenant}");
    }
    let typed = browser.click("/api/integrations/zendesk?subdomain=%22%3E%3Cscript%3E").await;
    assert!(!typed.text().contains("<script>"), "{}", typed.text());
    for host in [
        "https://evil.example",
        "https://impl.workday.com.evil.example",
        "https://10.0.0.1",
        "https://x:y@impl.workday.com",
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("login", host), ("services", "https://wd2.workday.com"), ("tenant", "acme")])
            .finish();
        let refused = browser.click(&format!("/api/integrations/workday?{query}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{host}");
        assert!(refused.text().contains("role=\"alert\""), "{host}: {}", refused.text());
    }
    // What fits leads to a page that names the host; its link alone leads on, and only with this tenant.
    let between = browser.click("/api/integrations/zendesk?subdomain=northbeam").await;
    assert_eq!(between.status, StatusCode::OK);
    assert!(between.text().contains("northbeam.zendesk.com"), "{}", between.text());
    let link = link_of(&between);
    let other = browser.click(&link.replace("northbeam", "evilbeam")).await;
    assert_eq!(other.status, StatusCode::OK, "asked again");
    let gone = browser.click(&link).await;
    assert!(gone.location().contains("/northbeam.zendesk.com/oauth/authorizations/new?"), "{}", gone.location());
    assert_eq!((abroad.token_calls(), count(&abroad.app, "connections").await), (0, 0));
}

#[sqlx::test]
async fn oa_14_what_comes_back_with_a_code_is_held_to_the_vendor_before_the_code_is_traded(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let quickbooks = catalogue().get("quickbooks").unwrap();
    for realm in [None, Some(""), Some("../evil"), Some("9130?x"), Some("evil.example"), Some("123456789012345678901")]
    {
        let state = state_of(&abroad.leave(&mut browser, quickbooks, &[]).await);
        let mut parameters = vec![("code", "c"), ("state", state.as_str())];
        parameters.extend(realm.map(|realm| ("realmId", realm)));
        let refused = browser.get_json(&return_address("quickbooks", &parameters)).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "tenant_refused"), "{realm:?}");
    }
    let state = state_of(&abroad.leave(&mut browser, quickbooks, &[]).await);
    let twice = [("code", "c"), ("state", state.as_str()), ("realmId", "1"), ("realmId", "2")];
    let refused = browser.get_json(&return_address("quickbooks", &twice)).await;
    assert_eq!(refused.code(), "duplicate_parameter");
    assert_eq!((abroad.token_calls(), count(&abroad.app, "connections").await), (0, 0));
}

#[sqlx::test]
async fn oa_15_a_token_reply_that_leads_to_another_host_connects_nothing(db: PgPool) {
    let vendor = Vendor::start().await;
    let clients = [("PIPEDRIVE_CLIENT_ID", "client"), ("PIPEDRIVE_CLIENT_SECRET", "canary")];
    let app = vendor.app_with(db, &clients).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let token = "/oauth.pipedrive.com/oauth/token";
    for domain in [
        json!("https://evil.example"),
        json!("https://pipedrive.com.evil.example"),
        json!("https://me@x.pipedrive.com"),
        json!("https://x.pipedrive.com:8443"),
        json!("http://x.pipedrive.com"),
        json!("https://169.254.169.254"),
        json!(7),
        json!(null),
    ] {
        vendor.server.reset().await;
        vendor.json("POST", token, json!({"access_token": "canary-a", "api_domain": domain})).await;
        wait(&app, Duration::seconds(7));
        let state = state_of(&begin(&app, &browser, "pipedrive").await);
        let told = browser.get_json(&return_address("pipedrive", &[("code", "c"), ("state", &state)])).await;
        assert_eq!((told.status.as_u16(), told.code().as_str()), (502, "tenant_refused"), "{domain}: {}", told.text());
        let all = vendor.server.received_requests().await.unwrap();
        assert_eq!(all.len(), 1, "{domain}: the token goes nowhere");
    }
    assert_eq!(count(&app, "connections").await, 0);
}

#[sqlx::test]
async fn oa_16_a_posted_return_is_sent_on_to_the_same_address_without_a_look_at_who_it_is(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let quickbooks = catalogue().get("quickbooks").unwrap();
    let back = abroad.consent(&abroad.leave(&mut browser, quickbooks, &[]).await, "mira", "allow").await;
    let body = format!("{}&scope=x&evil=%0d%0aSet-Cookie%3A+a", back.query().unwrap());
    // As a browser posts from the vendor's page: without the cookie, and with the vendor's origin.
    let posted = |body: String| {
        http::Request::post("/api/integrations/quickbooks/callback")
            .header(header::HOST, "localhost:3000")
            .header(header::ORIGIN, "https://appcenter.intuit.com")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(body))
            .unwrap()
    };
    let answer = abroad.app.router().oneshot(posted(body)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(place.starts_with("/api/integrations/quickbooks/callback?"), "{place}");
    assert!(place.contains("realmId=9130357766") && !place.contains("evil") && !place.contains("scope"), "{place}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(!answer.headers().contains_key("set-cookie"));
    assert_eq!(abroad.token_calls(), 0);
    let arrived = browser.get(&place).await;
    assert_eq!(arrived.location(), "/connections?connected=quickbooks", "{}", arrived.text());
    let elsewhere = abroad.app.router().oneshot(posted("state=a".to_owned())).await.unwrap();
    assert_eq!(elsewhere.headers()["location"], "/api/integrations/quickbooks/callback?state=a");
}

#[sqlx::test]
async fn oa_17_a_redirect_address_that_is_not_registered_is_told_to_who_can_register_it(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("POST", GITHUB_TOKEN, json!({"error": "redirect_uri_mismatch"})).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let address = "http://localhost:3000/api/integrations/github/callback";
    let returns = |state: &str| {
        [
            return_address("github", &[("code", "c"), ("state", state)]),
            return_address("github", &[("error", "redirect_uri_mismatch"), ("state", state)]),
            return_address(
                "github",
                &[("error", "invalid_request"), ("error_description", "Bad redirect_uri"), ("state", state)],
            ),
        ]
    };
    for admin in [false, true] {
        sqlx::query("update users set role = $1")
            .bind(if admin { "admin" } else { "member" })
            .execute(app.db())
            .await
            .unwrap();
        for position in 0..3 {
            wait(&app, Duration::seconds(7));
            let state = state_of(&begin(&app, &browser, "github").await);
            let told = browser.get_json(&returns(&state)[position]).await;
            assert_eq!(told.code(), "redirect_not_registered", "{}", told.text());
            assert_eq!(told.text().contains(address), admin, "{}", told.text());
        }
    }
    // The same code that means something else.
    let state = state_of(&begin(&app, &browser, "github").await);
    let other = [("error", "invalid_request"), ("error_description", "Bad scope"), ("state", state.as_str())];
    assert_eq!(browser.get_json(&return_address("github", &other)).await.code(), "consent_failed");
}

#[sqlx::test]
async fn oa_18_a_visit_that_began_before_a_restart_ends_after_it(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let github = catalogue().get("github").unwrap();
    let address = abroad.leave(&mut browser, github, &[]).await;
    let back = abroad.consent(&address, "mira", "allow").await;
    let after = Box::pin(abroad.app.second_process()).await;
    drop(browser.clone());
    let mut elsewhere = browser.at(&after);
    let arrived = elsewhere.get(&path_of(&back)).await;
    assert_eq!(arrived.location(), "/connections?connected=github", "{}", arrived.text());
    let again = elsewhere.get_json(&path_of(&back)).await;
    assert_eq!(again.code(), "state_unknown");
}

#[sqlx::test]
async fn oa_19_ends_of_consent_and_of_refresh_tokens_are_stored(db: PgPool) {
    let abroad = Abroad::new(db).await;
    let mut browser = abroad.signed_in(MIRA).await;
    for (id, refresh, consent) in [
        ("quickbooks", Some(Duration::days(101)), Some(Duration::seconds(157_680_000))),
        ("jira", Some(Duration::seconds(7_776_000)), Some(Duration::days(365))),
        ("github", None, None),
    ] {
        let row = abroad.connect(&mut browser, catalogue().get(id).unwrap(), &[], "mira").await;
        let ends: (Option<time::OffsetDateTime>, Option<time::OffsetDateTime>) =
            sqlx::query_as("select refresh_expires_at, consent_expires_at from connections where id = $1")
                .bind(row.id)
                .fetch_one(abroad.app.db())
                .await
                .unwrap();
        // What has waited for an answer is kept in whole seconds.
        let now = abroad.app.clock().now().unix_timestamp();
        let told = (ends.0.map(|end| end.unix_timestamp() - now), ends.1.map(|end| end.unix_timestamp() - now));
        assert_eq!(told, (refresh.map(Duration::whole_seconds), consent.map(Duration::whole_seconds)), "{id}");
    }
}
