//! Accounts whose plays are read in the background, and what their page says.

use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, wait},
    music_world::{KEY, LastfmWorld, NAME, app, page, problem, refusal, sources, sync, with_own_app},
    support::TestApp,
    vendor::{Vendor, connect, count, user_of},
};

const MIRA: &str = "mira@example.com";
const RECENT: &str = "/api.spotify.com/v1/me/player/recently-played";

async fn signed_in(app: &TestApp, email: &str) -> Browser {
    let mut browser = Browser::new(app);
    browser.sign_in(app, email).await;
    browser
}

#[sqlx::test]
async fn m_03_a_name_becomes_a_profile_in_few_calls(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 450).await;
    let app = app(&vendor, db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let added = browser.post_form("/api/music/add-lastfm", &[("name", " mira_o ")]).await;
    assert_eq!((added.status, added.location()), (StatusCode::FOUND, "/music/sources"), "no visit to a consent page");
    let source = sources(&app, user_of(&app, MIRA).await).await[0];
    app.state().sources.sync_one(source).await.unwrap();
    assert!(world.calls() <= 12, "{} calls", world.calls());
    let shown = page(&mut browser).await;
    for told in [NAME, "Top artists", "Night Ferry", "50 plays", "Top albums", "Salt", "Low Tide", "Germany", "Song"] {
        assert!(shown.contains(told), "{told}");
    }
    assert!(shown.contains("Unverified") && !shown.contains(KEY));
    assert_eq!(count(&app, "music_plays").await, 200, "the first page, without what plays now");
    assert!(world.calls() <= 12, "a page asks nobody");
}

#[sqlx::test]
async fn mu_20_a_history_goes_on_where_it_ended_and_keeps_each_play_once(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 450).await;
    let app = app(&vendor, db).await;
    let mut browser = signed_in(&app, MIRA).await;
    browser.post_form("/api/music/add-lastfm", &[("name", NAME)]).await;
    let source = sources(&app, user_of(&app, MIRA).await).await[0];
    app.state().sources.sync_one(source).await.unwrap();
    // The second page fails for good; what was read stays, and is not read again.
    for _ in 0..3 {
        world.answers_next(refusal(500, 8));
    }
    sync(&app, source).await;
    assert_eq!(problem(&app, source).await.as_deref(), Some("provider_unavailable"));
    assert_eq!(count(&app, "music_plays").await, 200);
    let first_pages = |world: &LastfmWorld| {
        let asked = world.asked.lock().unwrap();
        asked.iter().filter(|call| call.contains(&("page".into(), "1".into()))).count()
    };
    sync(&app, source).await;
    assert_eq!((count(&app, "music_plays").await, problem(&app, source).await), (450, None));
    assert_eq!(first_pages(&world), 1, "each page was read once");
    assert_eq!(count(&app, "music_top_lists").await, 18);
    // From now on only what is new is asked for, and the same told again changes nothing.
    let before = world.calls();
    sync(&app, source).await;
    assert_eq!((count(&app, "music_plays").await, world.calls() - before), (450, 1));
    assert!(world.asked.lock().unwrap().last().unwrap().iter().any(|(name, _)| name == "from"));
}

#[sqlx::test]
async fn mu_21_refusals_of_last_fm_are_told_apart(db: PgPool) {
    let vendor = Vendor::start().await;
    let world = LastfmWorld::start(&vendor.server, 3).await;
    let app = app(&vendor, db).await;
    let mut browser = signed_in(&app, MIRA).await;
    let nobody = browser.json_at("/api/music/add-lastfm", &[("name", "nobody-here")]).await;
    assert_eq!((nobody.status, nobody.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "no_such_account"));
    let none = browser.json_at("/api/music/add-lastfm", &[("name", "no name")]).await;
    assert_eq!(none.code(), "name_refused");
    browser.post_form("/api/music/add-lastfm", &[("name", NAME)]).await;
    let twice = browser.json_at("/api/music/add-lastfm", &[("name", &NAME.to_lowercase())]).await;
    assert_eq!(twice.code(), "source_there");
    let source = sources(&app, user_of(&app, MIRA).await).await[0];
    sync(&app, source).await;
    for (status, code, told) in [
        (200, 10, "provider_key_refused"),
        (403, 17, "account_private"),
        (404, 6, "no_such_account"),
        (400, 29, "provider_rate_limited"),
    ] {
        world.answers_next(refusal(status, code));
        sync(&app, source).await;
        assert_eq!(problem(&app, source).await.as_deref(), Some(told), "{code} with {status}");
    }
    let held = world.calls();
    sync(&app, source).await;
    assert_eq!(world.calls(), held, "nobody calls while Last.fm asks for quiet");
    wait(&app, Duration::minutes(2));
    sync(&app, source).await;
    assert_eq!(problem(&app, source).await, None);
    assert_eq!(count(&app, "music_plays").await, 3, "what was read is still there");
}

#[sqlx::test]
async fn mu_22_a_source_is_removed_alone_and_a_name_is_verified_by_its_owner(db: PgPool) {
    let vendor = Vendor::start().await;
    LastfmWorld::start(&vendor.server, 5).await;
    let app = app(&vendor, db).await;
    let (mut browser, mut other) = (signed_in(&app, MIRA).await, signed_in(&app, "jonas@example.com").await);
    browser.post_form("/api/music/add-lastfm", &[("name", NAME)]).await;
    let user = user_of(&app, MIRA).await;
    let source = sources(&app, user).await[0];
    sync(&app, source).await;
    assert!(page(&mut browser).await.contains("Unverified"));
    let account = connect(&app, user, "lastfm", "session", None, None).await;
    sqlx::query("update connections set account_label = 'mira_o' where id = $1")
        .bind(Uuid::from(account))
        .execute(app.db())
        .await
        .unwrap();
    let shown = page(&mut browser).await;
    assert!(shown.contains("Verified") && !shown.contains("Unverified"));
    let id = source.to_string();
    let foreign = other.json_at("/api/music/remove-source", &[("id", &id)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert!(!page(&mut other).await.contains(NAME));
    browser.post_form("/api/music/remove-source", &[("id", &id)]).await;
    for table in ["music_sources", "music_syncs", "music_top_entries", "music_plays", "music_accounts"] {
        assert_eq!(count(&app, table).await, 0, "{table}");
    }
}

#[sqlx::test]
async fn mu_23_without_a_key_the_page_says_so_and_nothing_else_changes(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = signed_in(&app, MIRA).await;
    assert!(page(&mut browser).await.contains("Last.fm is not set up on this installation"));
    let refused = browser.json_at("/api/music/add-lastfm", &[("name", NAME)]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_IMPLEMENTED, "provider_not_set_up"));
    let off = app.state().settings.off();
    assert_eq!(off.iter().filter(|line| line.contains("LASTFM_API_KEY")).count(), 1, "one line at the start");
}

/// A page of plays, with the cursor that Spotify gives.
fn recent() -> serde_json::Value {
    let track = json!({
        "id": "4t", "name": "Harbour Lights", "type": "track", "duration_ms": 214_000.0,
        "artists": [{"id": "3a", "name": "Paper Lanterns"}], "album": {"id": "5b", "name": "Small Rooms"},
    });
    json!({
        "items": [{"track": track, "played_at": "2026-03-12T11:00:00.123Z", "context": null}],
        "cursors": {"after": "1773313200123", "before": "1773313200123"}, "next": null, "limit": 50,
    })
}

async fn spotify(vendor: &Vendor) {
    vendor.json("GET", RECENT, recent()).await;
    let artists = json!({"items": [{"id": "3a", "name": "Paper Lanterns", "type": "artist"}], "offset": 0, "total": 1});
    vendor.json("GET", "/api.spotify.com/v1/me/top/artists", artists).await;
    vendor.json("GET", "/api.spotify.com/v1/me/top/tracks", json!({"items": [], "offset": 0, "total": 0})).await;
}

/// A person whose Spotify account is read, and how often it was asked.
async fn reader(app: &TestApp, email: &str, own_app: bool) -> (Browser, aura::kit::id::MusicSourceId) {
    let mut browser = signed_in(app, email).await;
    let user = user_of(app, email).await;
    let connection = connect(app, user, "spotify", &format!("access-of-{email}"), Some("refresh"), None).await;
    if own_app {
        with_own_app(app, user, connection).await;
    }
    assert!(page(&mut browser).await.contains("Read what I play"));
    browser.post_form("/api/music/read-spotify", &[("connection", &connection.to_string())]).await;
    let source = sources(app, user).await[0];
    (browser, source)
}

#[sqlx::test]
async fn m_28_a_days_wait_shows_what_is_there_and_holds_up_nobody_else(db: PgPool) {
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = app(&vendor, db).await;
    let (mut browser, source) = reader(&app, MIRA, true).await;
    let (_, other) = reader(&app, "jonas@example.com", true).await;
    sync(&app, source).await;
    assert_eq!((problem(&app, source).await, count(&app, "music_plays").await), (None, 1));
    let slow = json!({"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}});
    let plain = json!({"error": {"status": 429, "message": "API rate limit exceeded"}});
    let now = app.clock().now();
    let rfc = |seconds: i64| {
        let at = now + Duration::seconds(seconds);
        format!("Thu, {:02} Mar 2026 {:02}:{:02}:{:02} GMT", at.day(), at.hour(), at.minute(), at.second())
    };
    for (body, header, code, seconds) in [
        (&plain, None, "provider_rate_limited", 30),
        (&plain, Some("7".to_owned()), "provider_rate_limited", 7),
        (&plain, Some(rfc(200)), "provider_rate_limited", 200),
        (&slow, None, "provider_quota_used_up", 3_600),
        (&plain, Some("86400".to_owned()), "provider_rate_limited", 86_400),
    ] {
        let refused = ResponseTemplate::new(429).set_body_json(body);
        let refused =
            header.iter().fold(refused, |refused, header| refused.insert_header("retry-after", header.as_str()));
        vendor.answers_times(1, "GET", RECENT, refused).await;
        sqlx::query("delete from music_cooldowns").execute(app.db()).await.unwrap();
        sync(&app, source).await;
        assert_eq!(problem(&app, source).await.as_deref(), Some(code), "{header:?}");
        let next: time::OffsetDateTime = sqlx::query_scalar("select next_at from music_syncs where source_id = $1")
            .bind(Uuid::from(source))
            .fetch_one(app.db())
            .await
            .unwrap();
        // A date tells whole seconds.
        let wait = (next - now).whole_seconds();
        assert!((seconds - 1..=seconds).contains(&wait), "{header:?}: {wait}");
    }
    let asked = vendor.asked(RECENT).await.len();
    browser.post_form("/api/music/sync-now", &[("id", &source.to_string())]).await;
    sync(&app, source).await;
    assert_eq!(vendor.asked(RECENT).await.len(), asked, "nothing is asked before the wait is over");
    let shown = page(&mut browser).await;
    for told in ["Harbour Lights", "Paper Lanterns", "Spotify asks to wait", "tried again 13 March"] {
        assert!(shown.contains(told), "{told}");
    }
    // An app of somebody else's does not wait with it.
    sync(&app, other).await;
    assert_eq!((problem(&app, other).await, vendor.asked(RECENT).await.len()), (None, asked + 1));
    wait(&app, Duration::hours(25));
    sync(&app, source).await;
    assert_eq!(problem(&app, source).await, None);
    let last = vendor.asked(RECENT).await.pop().unwrap();
    assert!(last.url.query().unwrap_or_default().contains("after=1773313200123"), "from where it ended");
    assert_eq!(count(&app, "music_plays").await, 2, "one play each, however often it is told");
}

#[sqlx::test]
async fn mu_24_a_hundred_views_cause_one_reading(db: PgPool) {
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = app(&vendor, db).await;
    let (mut browser, source) = reader(&app, MIRA, false).await;
    let jobs = aura::serve::jobs(app.state());
    jobs.drain(app.db()).await.unwrap();
    assert_eq!((vendor.asked(RECENT).await.len(), problem(&app, source).await), (1, None));
    page(&mut browser).await;
    jobs.drain(app.db()).await.unwrap();
    assert_eq!(vendor.asked(RECENT).await.len(), 1, "it was read just now");
    wait(&app, Duration::minutes(11));
    for _ in 0..100 {
        page(&mut browser).await;
    }
    jobs.drain(app.db()).await.unwrap();
    assert_eq!(vendor.asked(RECENT).await.len(), 2);
    // Spotify remembers fifty plays: without anybody looking it is read within twenty-five minutes.
    wait(&app, Duration::minutes(25));
    app.state().sources.sync_due().await.unwrap();
    assert_eq!(vendor.asked(RECENT).await.len(), 3);
}

#[sqlx::test]
async fn mu_25_plain_words_of_spotify_are_told_in_ours(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = app(&vendor, db).await;
    let (mut browser, source) = reader(&app, MIRA, true).await;
    for (words, code, told) in [
        ("User not registered in the Developer Dashboard", "user_not_listed", "as a user of this app"),
        ("Active premium subscription required for the owner of the app.", "owner_not_premium", "no Premium any more"),
    ] {
        vendor.answers_times(1, "GET", RECENT, ResponseTemplate::new(403).set_body_string(words)).await;
        sync(&app, source).await;
        assert_eq!(problem(&app, source).await.as_deref(), Some(code));
        assert!(page(&mut browser).await.contains(told), "{told}");
    }
}
