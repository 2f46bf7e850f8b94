//! What the services of work and leisure refuse, as their vendors would, and that a write is seen by the next read.

use crate::app::{Sandbox, router};
use crate::log;
use crate::oauth::grants::{Kind, Life, Token};
use crate::people::MIRA;
use crate::settings::Settings;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use time::Duration;
use tower::ServiceExt;

fn world() -> Sandbox {
    let settings = Settings { port: 0, smtp_port: 0, base: "http://localhost:4010".into(), model_delay_ms: 0 };
    Sandbox::new(settings).unwrap()
}

fn token(world: &Sandbox, service: &str, scopes: &str) -> String {
    let token = Token {
        kind: Kind::Access,
        service: service.to_owned(),
        client_id: format!("sandbox-{service}"),
        person: MIRA,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        family: 1,
        expires: Some(log::now() + Duration::hours(1)),
        life: Life::Live,
    };
    world.grants().issue("", token)
}

async fn call(world: &Sandbox, authorization: &str, method: &str, url: &str, body: &str) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(format!("/{url}")).header("user-agent", "Aura/0.1");
    request = request.header("authorization", authorization).header("accept", "application/json");
    request = request.header("content-type", "application/json").header("from", MIRA.email);
    request = request.header("notion-version", "2026-03-11");
    request = request.header("xero-tenant-id", "22222222-bbbb-4bbb-8bbb-000000000001");
    request = request.header("dd-api-key", "0123456789abcdef0123456789abcdef");
    request = request.header("dd-application-key", "sandbox-application-key");
    let response = router(world.clone()).oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

const JIRA: &str = "api.atlassian.com/ex/jira/11111111-aaaa-4aaa-8aaa-000000000001/rest/api/3";
const NOTION_PAGE: &str = "33333333-0000-4000-8000-000000000001";

#[tokio::test]
async fn what_the_vendor_refuses_is_refused() {
    // Service, scopes, method, address, body, status.
    let table: &[(&str, &str, &str, &str, &str, u16)] = &[
        ("github", "read:user", "POST", "api.github.com/repos/northbeam/harbor/issues", r#"{"title":"x"}"#, 404),
        ("github", "repo", "POST", "api.github.com/repos/northbeam/harbor/issues", r#"{"title":""}"#, 422),
        ("github", "repo", "PATCH", "api.github.com/repos/northbeam/harbor/issues/1", r#"{"state":"closed"}"#, 404),
        (
            "linear",
            "read",
            "POST",
            "api.linear.app/graphql",
            r#"{"query":"mutation { commentCreate(input: {}) { success } }"}"#,
            403,
        ),
        (
            "jira",
            "read:jira-work",
            "POST",
            "api.atlassian.com/ex/jira/11111111-aaaa-4aaa-8aaa-000000000001/rest/api/3/issue",
            "{}",
            401,
        ),
        ("jira", "read:jira-work", "GET", "api.atlassian.com/ex/jira/somebody-else/rest/api/3/myself", "", 404),
        (
            "jira",
            "read:jira-work",
            "GET",
            "api.atlassian.com/ex/jira/11111111-aaaa-4aaa-8aaa-000000000001/rest/api/3/search/jql",
            "",
            400,
        ),
        ("asana", "tasks:read", "DELETE", "app.asana.com/api/1.0/tasks/1401", "", 403),
        ("asana", "tasks:read", "GET", "app.asana.com/api/1.0/tasks?assignee=me", "", 400),
        ("asana", "tasks:read", "GET", "app.asana.com/api/1.0/tasks/77", "", 404),
        ("notion", "", "POST", "api.notion.com/v1/pages", r#"{"parent":{"page_id":"nobody"}}"#, 404),
        (
            "notion",
            "",
            "POST",
            "api.notion.com/v1/search",
            r#"{"filter":{"property":"object","value":"database"}}"#,
            400,
        ),
        ("stripe", "read_only", "POST", "api.stripe.com/v1/customers", "", 403),
        ("stripe", "read_only", "GET", "api.stripe.com/v1/charges?limit=500", "", 400),
        ("stripe", "read_only", "GET", "api.stripe.com/v1/charges?colour=red", "", 400),
        ("zendesk", "tickets:read", "PUT", "acme.zendesk.com/api/v2/tickets/2301.json", "{}", 403),
        (
            "zendesk",
            "tickets:write",
            "PUT",
            "acme.zendesk.com/api/v2/tickets/2301.json",
            r#"{"ticket":{"status":"odd"}}"#,
            422,
        ),
        ("zendesk", "tickets:read", "GET", "acme.zendesk.com/api/v2/tickets/1.json", "", 404),
        ("gitlab", "read_api", "POST", "gitlab.com/api/v4/projects/501/issues", r#"{"title":"x"}"#, 403),
        ("gitlab", "api", "POST", "gitlab.com/api/v4/projects/7/issues", r#"{"title":"x"}"#, 404),
        ("gitlab", "api", "PUT", "gitlab.com/api/v4/projects/501/issues/77", r#"{"state_event":"odd"}"#, 400),
        ("pagerduty", "read", "PUT", "api.pagerduty.com/incidents/PINC001", "{}", 403),
        (
            "pagerduty",
            "write",
            "PUT",
            "api.pagerduty.com/incidents/PINC003",
            r#"{"incident":{"type":"incident_reference","status":"acknowledged"}}"#,
            400,
        ),
        ("sentry", "event:read", "PUT", "sentry.io/api/0/organizations/4501/issues/7101/", "{}", 403),
        ("sentry", "org:read", "GET", "sentry.io/api/0/organizations/9999/", "", 404),
        ("xero", "accounting.invoices.read", "PUT", "api.xero.com/api.xro/2.0/Invoices", "{}", 401),
        (
            "xero",
            "accounting.invoices",
            "PUT",
            "api.xero.com/api.xro/2.0/Invoices",
            r#"{"Invoices":[{"Type":"ACCREC","Contact":{"ContactID":"nobody"}}]}"#,
            400,
        ),
        ("soundcloud", "", "POST", "api.soundcloud.com/likes/tracks/soundcloud%3Atracks%3A1", "", 404),
        ("soundcloud", "", "GET", "api.soundcloud.com/tracks?limit=0", "", 400),
        ("bamboohr", "", "GET", "acme.bamboohr.com/api/v1/time_off/requests", "", 400),
        (
            "bamboohr",
            "",
            "PUT",
            "acme.bamboohr.com/api/v1/employees/4101/time_off/request",
            r#"{"start":"2027-03-05","end":"2027-03-01","timeOffTypeId":78}"#,
            400,
        ),
        ("spotify", "user-top-read", "GET", "api.spotify.com/v1/me/tracks", "", 403),
        ("spotify", "", "GET", "api.spotify.com/v1/search?q=harbour&type=track&limit=11", "", 400),
        ("spotify", "playlist-read-private", "POST", "api.spotify.com/v1/me/playlists", r#"{"name":"x"}"#, 403),
        (
            "spotify",
            "playlist-modify-private",
            "POST",
            "api.spotify.com/v1/me/playlists",
            r#"{"name":"x","public":true}"#,
            403,
        ),
        ("spotify", "playlist-modify-private", "POST", "api.spotify.com/v1/playlists/sunday/tracks", "{}", 403),
        (
            "spotify",
            "playlist-modify-private",
            "POST",
            "api.spotify.com/v1/playlists/sunday/items",
            r#"{"uris":[]}"#,
            400,
        ),
        (
            "spotify",
            "playlist-modify-private",
            "POST",
            "api.spotify.com/v1/playlists/sunday/items",
            r#"{"uris":["spotify:track:no"]}"#,
            400,
        ),
        ("spotify", "playlist-read-private", "GET", "api.spotify.com/v1/playlists/sunday/items?limit=51", "", 400),
        ("spotify", "playlist-read-private", "GET", "api.spotify.com/v1/playlists/nobodys/items", "", 403),
        ("datadog", "", "GET", "api.datadoghq.eu/api/v1/events", "", 400),
        ("datadog", "", "DELETE", "api.datadoghq.com/api/v1/monitor/1", "", 404),
    ];
    let world = world();
    for (service, scopes, method, url, body, status) in table {
        let bearer = format!("Bearer {}", token(&world, service, scopes));
        let (found, text) = call(&world, &bearer, method, url, body).await;
        assert_eq!(found, *status, "{service} {method} {url}: {text}");
        if *service != "datadog" {
            let (found, text) = call(&world, "Bearer nobody", method, url, body).await;
            assert!(found == 401 || found == 403, "{service} lets a stranger in: {found} {text}");
        }
    }
}

#[tokio::test]
async fn a_write_is_seen_by_the_next_read() {
    let comment = r#"{"body":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"A new word"}]}]}}"#;
    // Service, scopes, the write, the read, what is in the second and was not before.
    type Row<'a> = (&'a str, &'a str, (&'a str, String, &'a str), String, &'a str);
    let table: &[Row<'_>] = &[
        (
            "spotify",
            "playlist-read-private playlist-modify-private",
            (
                "POST",
                "api.spotify.com/v1/playlists/sunday/items".into(),
                r#"{"uris":["spotify:track:4sandboxtrack00000000A"],"position":0}"#,
            ),
            "api.spotify.com/v1/playlists/sunday/items?limit=50".into(),
            "Harbour Lights",
        ),
        (
            "github",
            "repo",
            ("POST", "api.github.com/repos/northbeam/harbor/issues/1482/comments".into(), r#"{"body":"A new word"}"#),
            "api.github.com/repos/northbeam/harbor/issues/1482/comments".into(),
            "A new word",
        ),
        (
            "jira",
            "read:jira-work write:jira-work",
            ("POST", format!("{JIRA}/issue/HAR-41/comment"), comment),
            format!("{JIRA}/issue/HAR-41/comment"),
            "A new word",
        ),
        (
            "asana",
            "tasks:write tasks:read",
            ("PUT", "app.asana.com/api/1.0/tasks/1403".into(), r#"{"data":{"name":"A new word"}}"#),
            "app.asana.com/api/1.0/tasks/1403".into(),
            "A new word",
        ),
        (
            "notion",
            "",
            (
                "POST",
                "api.notion.com/v1/comments".into(),
                r#"{"parent":{"page_id":"33333333-0000-4000-8000-000000000001"},"rich_text":[{"text":{"content":"A new word"}}]}"#,
            ),
            format!("api.notion.com/v1/comments?block_id={NOTION_PAGE}"),
            "A new word",
        ),
        (
            "zendesk",
            "tickets:read tickets:write",
            (
                "PUT",
                "acme.zendesk.com/api/v2/tickets/2301.json".into(),
                r#"{"ticket":{"comment":{"body":"A new word"}}}"#,
            ),
            "acme.zendesk.com/api/v2/tickets/2301/comments.json".into(),
            "A new word",
        ),
        (
            "gitlab",
            "api",
            ("POST", "gitlab.com/api/v4/projects/northbeam%2Fharbor/issues".into(), r#"{"title":"A new word"}"#),
            "gitlab.com/api/v4/issues?scope=all".into(),
            "A new word",
        ),
        (
            "pagerduty",
            "write",
            ("POST", "api.pagerduty.com/incidents/PINC001/notes".into(), r#"{"note":{"content":"A new word"}}"#),
            "api.pagerduty.com/incidents/PINC001/notes".into(),
            "A new word",
        ),
        (
            "xero",
            "accounting.contacts",
            ("PUT", "api.xero.com/api.xro/2.0/Contacts".into(), r#"{"Contacts":[{"Name":"A new word"}]}"#),
            "api.xero.com/api.xro/2.0/Contacts".into(),
            "A new word",
        ),
        (
            "soundcloud",
            "",
            ("POST", "api.soundcloud.com/likes/tracks/soundcloud%3Atracks%3A803".into(), ""),
            "api.soundcloud.com/me/likes/tracks".into(),
            "soundcloud:tracks:803",
        ),
        (
            "bamboohr",
            "",
            (
                "PUT",
                "acme.bamboohr.com/api/v1/employees/4101/time_off/request".into(),
                r#"{"start":"2031-03-01","end":"2031-03-05","timeOffTypeId":78,"amount":5}"#,
            ),
            "acme.bamboohr.com/api/v1/time_off/requests?start=2031-01-01&end=2031-12-31".into(),
            "2031-03-05",
        ),
        (
            "datadog",
            "",
            ("POST", "api.datadoghq.com/api/v1/events".into(), r#"{"title":"A new word","text":"x"}"#),
            "api.datadoghq.com/api/v1/events?start=0&end=9999999999".into(),
            "A new word",
        ),
    ];
    let world = world();
    for (service, scopes, (method, url, body), read, words) in table {
        let bearer = format!("Bearer {}", token(&world, service, scopes));
        let (_, before) = call(&world, &bearer, "GET", read, "").await;
        assert!(!before.contains(words), "{service}: {before}");
        let (status, made) = call(&world, &bearer, method, url, body).await;
        assert!((200..300).contains(&status), "{service}: {status} {made}");
        let (status, after) = call(&world, &bearer, "GET", read, "").await;
        assert!(status == 200 && after.contains(words), "{service}: {status} {after}");
    }
}
