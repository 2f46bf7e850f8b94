//! Playlists as people and programs use them: pages and files without a script, and the address for programs.

use aura::{kit::id::UserId, music::playlist::model::Line};
use axum::body::Body;
use http::{StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::world::{World, account, line};
use crate::{
    browser::{Answer, Browser},
    program::person_at,
    support::TestApp,
    vendor::Vendor,
};

async fn work(app: &TestApp) {
    aura::serve::jobs(app.state()).drain(app.db()).await.unwrap();
}

async fn bring(app: &TestApp, browser: &Browser, name: &str, bytes: &[u8]) -> Answer {
    let mut body =
        format!("--between\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--between--\r\n");
    let request = http::Request::post("/api/music/playlist-files")
        .header(header::HOST, "localhost:3000")
        .header(header::ORIGIN, "http://localhost:3000")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, browser.cookies())
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=between")
        .body(Body::from(body))
        .unwrap();
    Answer::of(app.router().oneshot(request).await.unwrap()).await
}

async fn rows(app: &TestApp, user: UserId, playlist: &str) -> Vec<(String, Vec<String>)> {
    sqlx::query_as(
        "select title, artists from music_playlist_lines where user_id = $1 and playlist_id = $2 order by place",
    )
    .bind(Uuid::from(user))
    .bind(playlist.parse::<Uuid>().unwrap())
    .fetch_all(app.db())
    .await
    .unwrap()
}

#[sqlx::test]
async fn mu_85_playlists_are_made_kept_and_exported_without_a_script(db: PgPool) {
    let vendor = Vendor::start().await;
    let (app, world) = (vendor.app(db).await, World::start(&vendor).await);
    let (mira, mut browser) = person_at(&app, "mira@example.com").await;
    let list = "Nina Simone - Feeling Good\nnothing\n=1+1 - <b>Formula</b>\nNina Simone - Feeling Good";
    let fields = [("name", "Evenings & «more»"), ("tracks", list)];
    let made = browser.post_form("/api/music/make-playlist", &fields).await;
    let page = made.location().to_owned();
    let id = page.trim_start_matches("/music/playlists/").to_owned();
    let shown = browser.get(&page).await;
    for told in ["Feeling Good", "&lt;b&gt;Formula&lt;/b&gt;", "3 tracks", "No Spotify account is connected"] {
        assert!(shown.text().contains(told), "{told}: {}", shown.text());
    }
    // Each file reads back to the same lines.
    let before = rows(&app, mira, &id).await;
    assert_eq!(before.len(), 3);
    for format in ["csv", "json", "jspf", "xspf", "m3u8"] {
        let file = browser.get(&format!("/api/music/playlist-files/{id}?format={format}")).await;
        let named = format!("attachment; filename=\"Evenings----more.{format}\"");
        assert_eq!(file.header("content-disposition"), named);
        let brought = bring(&app, &browser, &format!("Back.{format}"), file.text().as_bytes()).await;
        let copy = brought.location().trim_start_matches("/music/playlists/").to_owned();
        assert_eq!(rows(&app, mira, &copy).await, before, "{format}");
    }
    let refused = bring(&app, &browser, "a.csv", b"nothing at all").await;
    assert_eq!(refused.location(), "/music/playlists?refused=playlist_empty");
    assert!(browser.get(refused.location()).await.text().contains("There is no track in this"));

    let connection = account(&app, mira, "access-of-mira", super::world::ME).await;
    world.state().songs = vec![("Feeling Good Nina Simone".to_owned(), {
        let mut song = line(0);
        (song.title, song.artists) = ("Feeling Good".to_owned(), vec!["Nina Simone".to_owned()]);
        super::world::song("spotify:track:good", &song)
    })];
    let wish = [("id", id.as_str()), ("connection", &connection.to_string()), ("public", "yes")];
    assert_eq!(browser.post_form("/api/music/export-playlist", &wish).await.status, StatusCode::FOUND);
    let waiting = browser.get(&page).await;
    assert!(waiting.text().contains("3 not looked up yet") && waiting.text().contains("http-equiv=\"refresh\""));
    work(&app).await;
    let done = browser.get(&page).await;
    for told in [
        "2 of 3 tracks there",
        "1 not found",
        "Done in part",
        "Open it at Spotify",
        "Read back: it is as it was written",
    ] {
        assert!(done.text().contains(told), "{told}: {}", done.text());
    }
    assert!(!done.text().contains("http-equiv=\"refresh\""), "nothing changes by itself");
    assert_eq!(world.playlists()[0].uris, ["spotify:track:good", "spotify:track:good"]);
    assert!(world.playlists()[0].public);

    // Nobody else sees it or does anything with it.
    let (_, mut eve) = person_at(&app, "eve@example.com").await;
    assert!(!eve.get(&page).await.text().contains("Feeling Good"));
    assert_eq!(eve.get(&format!("/api/music/playlist-files/{id}?format=csv")).await.status, StatusCode::NOT_FOUND);
    let export: Uuid = sqlx::query_scalar("select id from music_exports").fetch_one(app.db()).await.unwrap();
    let export = export.to_string();
    for (act, fields) in [
        ("delete-playlist", vec![("id", id.as_str())]),
        ("export-playlist", wish.to_vec()),
        ("undo-export", vec![("id", export.as_str())]),
        ("continue-export", vec![("id", export.as_str())]),
    ] {
        eve.post_form(&format!("/api/music/{act}"), &fields).await;
    }
    work(&app).await;
    assert!(world.playlists()[0].followed);
    browser.post_form("/api/music/undo-export", &[("id", &export)]).await;
    work(&app).await;
    assert!(!world.playlists()[0].followed && browser.get(&page).await.text().contains("Taken back"));
    browser.post_form("/api/music/delete-playlist", &[("id", &id)]).await;
    assert!(!browser.get("/music/playlists").await.text().contains(&page));
}

#[sqlx::test]
async fn mu_86_a_program_exports_a_list_and_is_told_how_it_stands(db: PgPool) {
    let vendor = Vendor::start().await;
    let (app, world) = (vendor.app(db).await, World::start(&vendor).await);
    let (mira, mut browser) = person_at(&app, "mira@example.com").await;
    let track = |number: usize| {
        let Line { title, artists, album, duration_ms, isrc, .. } = line(number);
        json!({"title": title, "artists": artists, "album": album, "duration_ms": duration_ms, "isrc": isrc})
    };
    let tracks: Vec<Value> = [0, 1, 2, 95_000].map(track).into();
    let list = json!({"name": "Mornings", "description": "Loud ones", "public": true, "tracks": tracks});
    let none = browser.post_json("/api/playlist/export", &list).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "no account is connected");
    let first = account(&app, mira, "access-of-mira", super::world::ME).await;
    let begun = browser.post_json("/api/playlist/export", &list).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    let at = begun.location().to_owned();
    assert_eq!((&begun.value()["tracks"], &begun.value()["pending"]), (&json!(4), &json!(4)));
    work(&app).await;
    let told = browser.get_json(&at).await.value();
    let expected = json!({"id": told["id"], "state": "done", "problem": null, "url": "https://open.spotify.com/playlist/list0",
        "urls": ["https://open.spotify.com/playlist/list0"], "tracks": 4, "added": 3, "unmatched": 1, "ambiguous": 0, "pending": 0});
    assert_eq!(told, expected);
    let made = world.playlists().remove(0);
    assert_eq!((made.name.as_str(), made.public, made.uris.len()), ("Mornings", true, 3));
    let (_, mut eve) = person_at(&app, "eve@example.com").await;
    assert_eq!(eve.get_json(&at).await.status, StatusCode::NOT_FOUND);
    // With two accounts one of them has to be named.
    account(&app, mira, "other-access-of-mira", "mira-elsewhere").await;
    let several = browser.post_json("/api/playlist/export", &list).await;
    assert_eq!((several.status, several.code().as_str()), (StatusCode::CONFLICT, "which_connection"));
    let mut named = list.clone();
    named["connection"] = json!(first);
    assert_eq!(browser.post_json("/api/playlist/export", &named).await.status, StatusCode::ACCEPTED);
    named["tracks"] = json!([]);
    assert_eq!(browser.post_json("/api/playlist/export", &named).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
