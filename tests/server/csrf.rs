//! Every route that changes something, asked for by pages of other sites in all the ways that browsers have.

use http::{Method, StatusCode};
use sqlx::PgPool;

use crate::{
    browser::{Browser, dump},
    support::TestApp,
    walk::{Header, OWN, address, ask, routes, without},
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// What programs post to. No cookie says there who they are, so no page can make a browser speak for somebody.
const FOR_PROGRAMS: &[&str] = &["/api/webhooks/", "/api/v1/", "/auth/", RETURN];
/// A service sends a browser here from its own site; nothing is done before the GET that follows.
const RETURN: &str = "/api/integrations/{id}/callback";

/// `Sec-Fetch-Site`, `Origin` and `Content-Type` of a write that does not come from our own pages; empty is absent.
const CASES: &[(&str, &str, &str)] = &[
    ("cross-site", "https://evil.example", FORM),
    ("cross-site", "https://evil.example", JSON),
    ("cross-site", "https://evil.example", TEXT),
    ("cross-site", "null", FORM),
    ("cross-site", "null", JSON),
    ("cross-site", "null", TEXT),
    ("cross-site", "", FORM),
    ("cross-site", "", JSON),
    ("cross-site", "", TEXT),
    ("same-site", "http://localhost:4010", FORM),
    ("same-site", "http://localhost:4010", TEXT),
    ("same-site", "http://evil.localhost:3000", FORM),
    ("same-site", "http://evil.localhost:3000", JSON),
    ("same-site", "", FORM),
    ("same-site", "", TEXT),
    ("", "https://evil.example", FORM),
    ("", "https://evil.example", TEXT),
    ("", "null", FORM),
    ("", "null", JSON),
    ("", "http://localhost:4010", FORM),
    ("", "http://localhost", FORM),
    ("", "https://localhost:3000", FORM),
    ("", "http://localhost:3000.evil.example", TEXT),
    ("", "", FORM),
];

fn headers<'a>((site, origin, kind): (&'a str, &'a str, &'a str), cookie: &'a str) -> Vec<Header<'a>> {
    [("sec-fetch-site", site), ("origin", origin), ("content-type", kind), ("cookie", cookie), ("accept", JSON)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

#[sqlx::test]
async fn rt_02_no_write_from_another_site_is_taken_at_any_route(db: PgPool) {
    assert_eq!(CASES.len(), 24);
    let app = TestApp::new(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let cookie = format!("__Host-aura={}", mira.cookie("__Host-aura").unwrap());
    let before = dump(&app).await;
    let writes: Vec<_> = routes(&app)
        .into_iter()
        .filter(|route| route.is_write() && !FOR_PROGRAMS.iter().any(|place| route.path.starts_with(place)))
        .collect();
    assert!(writes.len() > 8, "{writes:?}");
    let mut asked = 0;
    for route in &writes {
        for case in CASES {
            let bodies: &[&str] =
                if case.2 == JSON { &["{}"] } else { &["email=mira%40example.com&code=000000&key=x&text=x"] };
            for body in bodies {
                let told = ask(&app, &route.method, &address(route), &headers(*case, &cookie), body).await;
                assert_eq!(
                    (told.status, told.code()),
                    (StatusCode::FORBIDDEN, "cross_site".into()),
                    "{route:?} {case:?}"
                );
                asked += 1;
                // To sign somebody in as another, no cookie is needed.
                if *case != ("", "", FORM) {
                    let told = ask(&app, &route.method, &address(route), &headers(*case, ""), body).await;
                    assert_eq!(told.code(), "cross_site", "{route:?} {case:?} without a cookie");
                }
            }
        }
        // The same from our own pages is judged by the route itself.
        let own = [OWN, &[("content-type", FORM), ("accept", JSON)]].concat();
        assert_ne!(ask(&app, &route.method, &address(route), &own, "").await.code(), "cross_site", "{route:?}");
    }
    println!("{} routes that change something, each in 24 ways", writes.len());
    assert_eq!(asked, writes.len() * 24);
    assert!(mira.viewer().await.is_some(), "nobody was signed out");
    // Our own pages' requests above were counted.
    let (before, after) = (without(&["limit_windows"], &before), without(&["limit_windows"], &dump(&app).await));
    assert_eq!(before, after, "a refused write changed something");
}

#[sqlx::test]
async fn rt_04_posts_of_outside_services_need_no_origin_and_a_signature(db: PgPool) {
    let app = TestApp::new(db).await;
    let posts: Vec<_> = routes(&app).into_iter().filter(|route| route.path.starts_with("/api/webhooks/")).collect();
    assert!(!posts.is_empty());
    for route in posts {
        assert_eq!(route.method, Method::POST);
        for headers in [OWN, &[], &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]] {
            let told =
                ask(&app, &route.method, &address(&route), headers, r#"{"type":"user.updated","data":{}}"#).await;
            assert!(
                matches!(told.status, StatusCode::UNAUTHORIZED | StatusCode::NOT_IMPLEMENTED),
                "{route:?}: {}",
                told.status
            );
        }
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from webhook_events").fetch_one(app.db()).await.unwrap();
    assert_eq!(kept, 0);
}
