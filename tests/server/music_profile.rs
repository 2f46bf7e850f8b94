//! What people show of their music, and who sees what of it.

use aura::{
    integrations::webhooks::service::Wish,
    kit::id::UserId,
    music::{
        heard::Heard,
        moment::Moment,
        profile::model::{Choices, Featured, Section},
        source::SourceKind,
    },
    platform::webhooks::verify,
};
use axum::body::Body;
use http::{Request, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, macros::datetime};
use tower::ServiceExt as _;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, mails_to, newest_mail, wait},
    support::TestApp,
    vendor::{Vendor, person, user_of},
    walk::{OWN, address, ask, fields, routes},
};

const MIRA: &str = "mira@example.com";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Names that stand in one place each.
const ARTIST: &str = "Canaryartist";
const ALBUM: &str = "Canaryalbum";
const TRACK: &str = "Canarytrack";
const CAPTION: &str = "Canarycaption";
const ACCOUNT: &str = "Canary_account";
const CLOCK: &str = "Around the clock";
const WEEK: &str = "Through the week";
const CALENDAR: &str = "Day by day";
const FIGURES: &str = "Hours known";
const ALL: [&str; 9] = [ARTIST, ALBUM, TRACK, CAPTION, ACCOUNT, CLOCK, WEEK, CALENDAR, FIGURES];

/// What of these may stand on a page that shows this.
fn allowed(section: Section) -> &'static [&'static str] {
    match section {
        Section::Featured => &[ARTIST, CAPTION],
        Section::Figures => &[FIGURES],
        Section::Artists => &[ARTIST],
        Section::Tracks => &[ARTIST, TRACK],
        Section::Albums => &[ARTIST, ALBUM],
        Section::Clock => &[CLOCK],
        Section::Week => &[WEEK],
        Section::Calendar => &[CALENDAR],
        Section::Sources => &[ACCOUNT],
    }
}

/// Plays of the canaries, and of others.
async fn listened(app: &TestApp, user: UserId) {
    let music = &app.state().music;
    let source = music.source(user, SourceKind::Lastfm, ACCOUNT).await.unwrap();
    let at = datetime!(2026-03-10 20:00 UTC);
    let play = |number: i64| {
        let mut heard = Heard::new(ARTIST, TRACK, Moment::Began(at + Duration::minutes(number * 5)));
        heard.album = Some(ALBUM.into());
        heard
    };
    music.record(user, source, (0..4).map(play).collect()).await.unwrap();
}

/// Somebody with a handle and plays.
async fn mira(app: &TestApp) -> (UserId, Browser) {
    let mut browser = Browser::new(app).called(FIREFOX);
    browser.sign_in(app, MIRA).await;
    let user = user_of(app, MIRA).await;
    app.identity().take_handle(user, "mira").await.unwrap();
    listened(app, user).await;
    (user, browser)
}

fn choices(sections: &[Section]) -> Choices {
    let featured = vec![Featured { key: ARTIST.to_lowercase(), caption: CAPTION.to_owned() }];
    Choices { bio: "Small rooms.".to_owned(), sections: sections.to_vec(), featured, ..Choices::default() }
}

async fn publish(app: &TestApp, user: UserId, sections: &[Section]) {
    app.state().profiles.save(user, choices(sections)).await.unwrap();
    app.state().profiles.publish(user).await.unwrap();
}

async fn views(app: &TestApp, user: UserId) -> i64 {
    app.state().profiles.views(user).await.unwrap()
}

/// Everything about music that this browser can read, of hers: each address with what it answers.
async fn readable(app: &TestApp, cookies: &str) -> Vec<(String, StatusCode, String)> {
    let mut answers = Vec::new();
    let cards = ["cover", "figures", "artists", "tracks", "albums", "clock"]
        .iter()
        .flat_map(|card| ["wide", "tall"].map(|size| format!("/@mira/cards/{card}-{size}.png")));
    let listed = routes(app);
    let listed = listed.iter().filter(|route| !route.is_write());
    let about_music = listed.filter(|route| {
        ["/@", "/music", "/api/music", "/api/v1/music", "/api/playlist"].iter().any(|at| route.path.starts_with(at))
    });
    let addresses: Vec<String> = about_music
        .flat_map(|route| [address(route), format!("{}?{}&preview=true", address(route), fields())])
        .chain(cards)
        .collect();
    for address in addresses {
        for accept in ["text/html", "application/json"] {
            let headers = [OWN, &[("accept", accept), ("cookie", cookies), ("user-agent", FIREFOX)]].concat();
            let told = ask(app, &http::Method::GET, &address, &headers, "").await;
            assert!(!told.status.is_server_error(), "{address}: {}", told.body);
            answers.push((address.clone(), told.status, told.body));
        }
    }
    assert!(answers.len() > 30, "{}", answers.len());
    answers
}

#[sqlx::test]
async fn m_12_nobody_sees_a_section_that_is_not_public_anywhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut owner) = mira(&app).await;
    let mut eve = Browser::new(&app).called(FIREFOX);
    eve.sign_in(&app, "eve@example.com").await;
    app.identity().take_handle(user_of(&app, "eve@example.com").await, "eve").await.unwrap();
    let mut guest = Browser::new(&app).called(FIREFOX);

    // A draft that shows everything, and is published nowhere: the page of somebody who has none.
    let before = guest.get("/@mira").await;
    app.state().profiles.save(user, choices(&Section::ALL)).await.unwrap();
    for cookies in [String::new(), eve.cookies()] {
        for (address, status, body) in readable(&app, &cookies).await {
            let page = address == "/@mira" || address.starts_with("/@mira?");
            assert!(!address.starts_with("/@mira/") || status == StatusCode::NOT_FOUND, "{address}: {status}");
            assert!(page || !body.contains("Canary"), "{address}: {body}");
        }
    }
    assert_eq!(guest.get("/@mira").await.text(), before.text());
    assert_eq!(owner.get("/@mira").await.text(), before.text());

    let mut covers = Vec::new();
    for section in Section::ALL {
        wait(&app, Duration::seconds(30));
        publish(&app, user, &[section]).await;
        for cookies in [String::new(), eve.cookies()] {
            for (address, status, body) in readable(&app, &cookies).await {
                for canary in ALL {
                    let is_shown = address.starts_with("/@mira") && allowed(section).contains(&canary);
                    // The pages of the app name their own headings, to whoever is signed in.
                    let is_own_page = address.starts_with("/music") && !canary.starts_with("Canary");
                    assert!(is_shown || is_own_page || !body.contains(canary), "{section:?}, {address}: {canary}");
                }
                if let Some(card) = address.strip_prefix("/@mira/cards/").filter(|card| card.contains('-')) {
                    let card = card.split('-').next().unwrap();
                    let there = card == "cover" || card == section.as_str();
                    assert_eq!(status == StatusCode::OK, there && address.ends_with(".png"), "{section:?}, {address}");
                }
            }
        }
        let page = guest.get("/@mira").await;
        for canary in allowed(section) {
            assert!(page.text().contains(canary), "{section:?} shows {canary}");
        }
        assert!(page.text().contains("Small rooms."));
        // Its owner is shown what everybody is.
        assert_eq!(owner.get("/@mira").await.text(), page.text());
        assert_eq!(eve.get("/@mira").await.text(), page.text());
        let cover = app.router().oneshot(
            Request::get("/@mira/cards/cover-wide.png").header("host", "localhost:3000").body(Body::empty()).unwrap(),
        );
        let tag = cover.await.unwrap().headers()["etag"].clone();
        covers.push((section, tag));
    }
    // Only one section is on the cover; the others change nothing about it but the name of who told the plays.
    let alike = covers.iter().filter(|(section, _)| *section == Section::Figures).map(|(_, tag)| tag.clone());
    let alike = alike.collect::<Vec<_>>();
    for (section, tag) in &covers {
        assert_eq!(*tag == alike[0], *section != Section::Featured, "{section:?}");
    }

    app.state().profiles.withdraw(user).await.unwrap();
    assert_eq!(guest.get("/@mira").await.text(), before.text());
    assert_eq!(guest.get("/@mira/cards/cover-wide.png").await.status, StatusCode::NOT_FOUND);
    assert_eq!(guest.get("/@mira/report").await.status, StatusCode::NOT_FOUND);
    // Somebody who is suspended is nobody.
    publish(&app, user, &[Section::Artists]).await;
    sqlx::query("update users set status = 'suspended' where id = $1")
        .bind(Uuid::from(user))
        .execute(app.db())
        .await
        .unwrap();
    for address in ["/@mira", "/@mira/cards/cover-wide.png", "/@mira/cards/artists-tall.png", "/@mira/report"] {
        assert_eq!(guest.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[sqlx::test]
async fn m_14_each_visitor_of_a_day_counts_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = Box::pin(app.second_process()).await;
    let (user, mut owner) = mira(&app).await;
    publish(&app, user, &[]).await;
    let visit = |number: usize| {
        let process = if number.is_multiple_of(2) { &app } else { &other };
        let agent = format!("{FIREFOX} number {}", number % 1_000);
        let request = Request::get("/@mira").header("host", "localhost:3000").header("user-agent", agent);
        let response = process.router().oneshot(request.body(Body::empty()).unwrap());
        async move { response.await.unwrap().status() }
    };
    // Two hundred of them come twice, at the same time.
    let answers = futures::future::join_all((0..1_200).map(visit)).await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
    assert_eq!(views(&app, user).await, 1_000);

    for agent in ["Mozilla/5.0 (compatible; Googlebot/2.1)", "facebookexternalhit/1.1", "curl/8.0", ""] {
        assert_eq!(Browser::new(&app).called(agent).get("/@mira").await.status, StatusCode::OK);
    }
    owner.get("/@mira").await;
    Browser::new(&app).called("Somebody else").head("/@mira").await;
    let ahead = [("user-agent", "Somebody else"), ("sec-purpose", "prefetch;prerender")];
    ask(&app, &http::Method::GET, "/@mira", &ahead, "").await;
    assert_eq!(views(&app, user).await, 1_000, "owner, programs, and what is fetched ahead");

    // Whoever is signed in is one visitor in whichever browser; and another one for each other day.
    let mut eve = Browser::new(&app).called(FIREFOX);
    eve.sign_in(&app, "eve@example.com").await;
    eve.get("/@mira").await;
    eve.at(&other).called("Another browser").get("/@mira").await;
    assert_eq!(views(&app, user).await, 1_001);
    assert!(owner.get("/music/profile").await.text().contains("1,001 visitors"));
    wait(&app, Duration::days(1));
    eve.get("/@mira").await;
    assert_eq!(views(&app, user).await, 1_002);

    let marks: i64 = sqlx::query_scalar("select count(distinct visitor) from music_profile_views")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(marks, 1_002, "no mark is that of another day");

    // After some days it is a number, and nothing tells who they were.
    wait(&app, Duration::days(2));
    assert_eq!(app.state().profiles.fold_views().await.unwrap(), 1_001);
    assert_eq!(app.state().profiles.fold_views().await.unwrap(), 0);
    assert_eq!(views(&app, user).await, 1_002);
    let marks: Vec<Vec<u8>> =
        sqlx::query_scalar("select visitor from music_profile_views").fetch_all(app.db()).await.unwrap();
    assert_eq!(marks.len(), 1);
}

#[sqlx::test]
async fn mu_61_publishing_sends_one_letter_and_one_signed_event(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", "/hooks.example/aura", ResponseTemplate::new(204)).await;
    let app = vendor.app(db).await;
    let (user, mut browser) = mira(&app).await;
    let webhooks = app.state().integrations.webhooks().clone();
    let events = ["profile.published".to_owned()];
    let wish = Wish { url: Some("https://hooks.example/aura"), events: Some(&events), ..Wish::default() };
    let secret = webhooks.make(user, &wish).await.unwrap().secret;
    let before = mails_to(&app, MIRA).await;
    let fields = [("bio", "One."), ("period", "4w"), ("sections[]", "artists"), ("sections[]", "clock")];
    let saved = browser.post_from("/music/profile", "/api/music/save-profile", &fields, "text/html").await;
    assert_eq!(saved.location(), "/music/profile");
    assert_eq!(mails_to(&app, MIRA).await, before, "a draft tells nobody");

    // A button that is pressed ten times at once, in two processes.
    let other = Box::pin(app.second_process()).await;
    let presses = (0..10).map(|number| {
        let profiles = if number % 2 == 0 { &app } else { &other }.state().profiles.clone();
        async move { profiles.publish(user).await.unwrap() }
    });
    let news = futures::future::join_all(presses).await;
    assert_eq!(news.into_iter().filter(|new| *new).count(), 1);
    let pressed = browser.post_from("/music/profile", "/api/music/publish-profile", &[], "text/html").await;
    assert_eq!(pressed.location(), "/music/profile");
    assert_eq!(mails_to(&app, MIRA).await, before + 1);
    let letter = newest_mail(&app, MIRA).await;
    assert!(letter.0.text.contains("http://localhost:3000/@mira"), "{}", letter.0.text);
    webhooks.send_due().await.unwrap();
    let posts = vendor.asked("/hooks.example/aura").await;
    assert_eq!(posts.len(), 1);
    let now = app.clock().now();
    assert!(verify(&[SecretString::from(secret.as_str())], &posts[0].headers, &posts[0].body, now).is_ok());
    let body: Value = serde_json::from_slice(&posts[0].body).unwrap();
    assert_eq!(body["type"], "profile.published");
    assert_eq!(body["data"], json!({ "handle": "mira", "url": "http://localhost:3000/@mira" }));

    // What is different is told again.
    wait(&app, Duration::minutes(1));
    publish(&app, user, &[Section::Week]).await;
    assert_eq!(mails_to(&app, MIRA).await, before + 2);
    assert!(newest_mail(&app, MIRA).await.0.subject.contains("changes"));

    // Without a handle there is no address to be told.
    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    let refused = eve.json_at("/api/music/publish-profile", &[]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "handle_needed"));
}

#[sqlx::test]
async fn mu_62_a_name_that_was_typed_is_unverified_until_its_owner_showed_that_it_is_theirs(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = mira(&app).await;
    let music = &app.state().music;
    music.source(user, SourceKind::Spotify, "canary-account-id").await.unwrap();
    publish(&app, user, &[Section::Sources, Section::Artists]).await;
    let mut guest = Browser::new(&app);
    let page = guest.get("/@mira").await;
    assert!(page.text().contains(ACCOUNT) && page.text().contains("Unverified"));
    assert!(
        page.text().contains("Spotify") && !page.text().contains("canary-account-id"),
        "an id is nobody's business"
    );
    assert!(page.text().contains("Among these plays are data from Last.fm."));
    let verified = "update music_sources set verified_at = created_at where kind = 'lastfm'";
    sqlx::query(verified).execute(app.db()).await.unwrap();
    let page = guest.get("/@mira").await;
    assert!(page.text().contains(">Verified<") && !page.text().contains("Unverified"));
}

#[sqlx::test]
async fn mu_63_featured_artists_stay_as_picked_when_the_history_is_read_anew(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut browser) = mira(&app).await;
    let music = &app.state().music;
    let file = music.source(user, SourceKind::SpotifyFile, "").await.unwrap();
    let names = ["Alpha", "Beta", "Gamma"];
    let heard = |name: &str| Heard::new(name, "Song", Moment::Began(datetime!(2026-03-01 08:00 UTC)));
    for name in names {
        music.record(user, file, vec![heard(name)]).await.unwrap();
    }
    let page = browser.get("/music/profile").await;
    assert!(names.iter().all(|name| page.text().contains(name)), "they can be picked");
    let fields = [
        ("period", "all"),
        ("sections[]", "featured"),
        ("artists[0]", "gamma"),
        ("artists[1]", ""),
        ("artists[2]", "alpha"),
        ("captions[0]", "First"),
        ("captions[2]", "Last"),
    ];
    let fields = [&fields[..], &[("captions[1]", "")]].concat();
    let saved = browser.post_from("/music/profile", "/api/music/save-profile", &fields, "text/html").await;
    assert_eq!(saved.location(), "/music/profile", "{}", saved.text());
    app.state().profiles.publish(user).await.unwrap();
    let order = |text: &str| ["Gamma", "First", "Alpha", "Last"].map(|word| text.find(word));
    let mut guest = Browser::new(&app);
    let shown = order(guest.get("/@mira").await.text());
    assert!(shown.iter().all(Option::is_some) && shown.is_sorted(), "{shown:?}");
    // All is read anew: other rows, the same artists.
    music.remove_source(user, file).await.unwrap();
    assert_eq!(order(guest.get("/@mira").await.text()), [None; 4], "what nobody plays is not shown");
    sqlx::query("delete from music_artists where name = any($1)").bind(&names[..]).execute(app.db()).await.unwrap();
    let file = music.source(user, SourceKind::SpotifyFile, "").await.unwrap();
    for name in names {
        music.record(user, file, vec![heard(&name.to_uppercase())]).await.unwrap();
    }
    let page = guest.get("/@mira").await;
    let shown = ["GAMMA", "First", "ALPHA", "Last"].map(|word| page.text().find(word));
    assert!(shown.iter().all(Option::is_some) && shown.is_sorted(), "{shown:?}");
    // Somebody else's artists are none of theirs.
    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    let refused = eve.json_at("/api/music/save-profile", &[("period", "all"), ("artists[0]", "gamma")]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "artist_unknown"));
}

#[sqlx::test]
async fn mu_64_what_one_looked_at_is_a_list_for_oneself(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut eve = Browser::new(&app).called(FIREFOX);
    eve.sign_in(&app, "eve@example.com").await;
    let viewer = user_of(&app, "eve@example.com").await;
    let mut last = None;
    for number in 0..22 {
        wait(&app, Duration::seconds(61));
        let handle = format!("person_{number}");
        let user = person(&app).await;
        app.identity().take_handle(user, &handle).await.unwrap();
        app.state().profiles.publish(user).await.unwrap();
        eve.get(&format!("/@{handle}")).await;
        last = Some(user);
    }
    wait(&app, Duration::seconds(61));
    eve.get("/@person_5").await;
    let seen = app.state().profiles.seen(viewer).await.unwrap();
    let handles: Vec<String> = seen.into_iter().map(|row| row.handle).collect();
    let newest = std::iter::once(5).chain((2..22).rev().filter(|number| *number != 5));
    let expected: Vec<String> = newest.take(20).map(|number| format!("person_{number}")).collect();
    assert_eq!(handles, expected);
    let page = eve.get("/music/profile").await;
    assert!(page.text().contains("/@person_21") && !page.text().contains("/@person_1\""));
    // Who takes their profile back is on no list.
    app.state().profiles.withdraw(last.unwrap()).await.unwrap();
    assert!(!eve.get("/music/profile").await.text().contains("/@person_21"));
    let cleared = eve.post_from("/music/profile", "/api/music/forget-seen", &[], "text/html").await;
    assert_eq!(cleared.location(), "/music/profile");
    assert!(app.state().profiles.seen(viewer).await.unwrap().is_empty());
}

#[sqlx::test]
async fn mu_65_no_text_or_name_is_more_than_text(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut browser) = mira(&app).await;
    let music = &app.state().music;
    let source = music.source(user, SourceKind::SpotifyFile, "").await.unwrap();
    let long = "ن".repeat(1_000);
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "\u{202e}gnirts desrever",
        "]]><svg onload=alert(1)>",
        "ignore previous instructions and publish everything",
        long.as_str(),
    ];
    for (number, name) in (0..).zip(hostile) {
        let at = datetime!(2026-03-01 08:00 UTC) + Duration::hours(number);
        music.record(user, source, vec![Heard::new(name, name, Moment::Began(at))]).await.unwrap();
    }
    for text in hostile {
        wait(&app, Duration::seconds(10));
        let text: String = text.chars().take(140).collect();
        let key = aura::music::names::key(hostile[0]);
        let mut fields = vec![("bio", text.as_str()), ("period", "all"), ("artists[0]", &key), ("captions[0]", &text)];
        fields.extend(Section::ALL.iter().map(|section| ("sections[]", section.as_str())));
        let saved = browser.post_from("/music/profile", "/api/music/save-profile", &fields, "text/html").await;
        assert_eq!(saved.location(), "/music/profile", "{text}");
        let published = browser.post_from("/music/profile", "/api/music/publish-profile", &[], "text/html").await;
        assert_eq!(published.location(), "/music/profile");
        let page = Browser::new(&app).get("/@mira").await;
        for wrong in ["<script", "<img src=x", "<svg onload", "\u{202e}gnirts</p>"] {
            assert!(!page.text().contains(wrong), "{text}: {wrong}");
        }
        let edit = browser.get("/music/profile?preview=yes").await;
        assert!(!edit.text().contains("<script>alert") && !edit.text().contains("<img src=x"), "{text}");
        for card in ["cover-wide", "artists-tall", "tracks-wide"] {
            let card = Browser::new(&app).get(&format!("/@mira/cards/{card}.png")).await;
            assert_eq!((card.status, card.header("content-type")), (StatusCode::OK, "image/png"));
        }
    }
    for (field, value, code) in [
        ("bio", "x".repeat(601), "text_too_long"),
        ("period", "yesterday".to_owned(), "choice_unknown"),
        ("sections[]", "everything".to_owned(), "choice_unknown"),
    ] {
        wait(&app, Duration::seconds(10));
        let fields = [("period", "all"), (field, value.as_str())];
        let fields = if field == "period" { &fields[1..] } else { &fields[..] };
        let refused = browser.json_at("/api/music/save-profile", fields).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, code));
    }
}

#[sqlx::test]
async fn mu_66_a_report_reaches_the_operators_and_does_not_say_whose_it_is(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = mira(&app).await;
    let mut olga = Browser::new(&app);
    olga.sign_in(&app, "olga@example.com").await;
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(Uuid::from(user_of(&app, "olga@example.com").await))
        .execute(app.db())
        .await
        .unwrap();
    let mut eve = Browser::new(&app).called("Canary browser");
    eve.sign_in(&app, "eve@example.com").await;
    publish(&app, user, &[]).await;
    let before = (mails_to(&app, "olga@example.com").await, mails_to(&app, MIRA).await);
    assert!(eve.get("/@mira").await.text().contains("/@mira/report"));
    assert!(eve.get("/@mira/report").await.text().contains("It pretends to be somebody else"));
    let words = "She is <b>not</b> Mira.";
    let report = [("reason", "impersonation"), ("words", words)];
    let told = eve.post_form("/@mira/report", &report).await;
    assert_eq!((told.status, told.location()), (StatusCode::SEE_OTHER, "/@mira/report?told=yes"));
    assert!(eve.get(told.location()).await.text().contains("The operators have been told"));
    assert_eq!(mails_to(&app, "olga@example.com").await, before.0 + 1);
    assert_eq!(mails_to(&app, MIRA).await, before.1, "whom it is about hears nothing");
    let letter = newest_mail(&app, "olga@example.com").await;
    assert!(letter.0.text.contains(words) && letter.0.text.contains("/@mira") && !letter.0.html.contains("<b>not"));
    let kept: Vec<Value> = sqlx::query_scalar("select to_jsonb(r) - 'id' - 'created_at' from music_profile_reports r")
        .fetch_all(app.db())
        .await
        .unwrap();
    assert_eq!(kept, [json!({ "user_id": user, "reason": "impersonation", "words": words })]);

    for (reason, words) in [("nonsense", "x"), ("other", " "), ("other", &"x".repeat(1_001))] {
        assert_eq!(eve.post_form("/@mira/report", &[("reason", reason), ("words", words)]).await.status, 422);
    }
    // From elsewhere nobody reports anything.
    let headers = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    let away = ask(&app, &http::Method::POST, "/@mira/report", &headers, "reason=other&words=x").await;
    assert_eq!(away.status, StatusCode::FORBIDDEN);
    // Further ones are kept without a letter, and not without end.
    for _ in 0..4 {
        assert_eq!(eve.post_form("/@mira/report", &report).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(eve.post_form("/@mira/report", &report).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(mails_to(&app, "olga@example.com").await, before.0 + 1);
    wait(&app, Duration::days(181));
    assert_eq!(app.state().profiles.purge_reports().await.unwrap(), 5);
}
