//! Files of plays: what is read of them, whatever they are made of and whatever happens meanwhile.

mod crash;
mod kinds;
pub mod made;

use aura::kit::id::{MusicImportId, UserId};
use axum::body::{Body, Bytes};
use http::{StatusCode, header};
use serde_json::Value;
use sqlx::PgPool;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    browser::Answer,
    music_plays::{miscounted, number},
    outside::person,
    program::person_at,
    support::TestApp,
};
use made::{archive, history, row};

/// An app whose files lie in a folder of its own.
pub struct Desk {
    pub app: TestApp,
    pub folder: tempfile::TempDir,
}

impl Desk {
    pub async fn new(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = TestApp::with(db, &[("FILES_DIR", folder.path().to_str().unwrap())]).await;
        Self { app, folder }
    }

    /// Brings a file, which waits then.
    pub async fn bring(&self, user: UserId, name: &str, bytes: Vec<u8>) -> MusicImportId {
        let pieces: Vec<Result<Bytes, std::io::Error>> =
            bytes.chunks(100_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        self.app.state().imports.take(user, name, futures::stream::iter(pieces)).await.unwrap()
    }

    /// Brings a file and has it read; what the row says then.
    pub async fn import(&self, user: UserId, name: &str, bytes: Vec<u8>) -> Report {
        let id = self.bring(user, name, bytes).await;
        Box::pin(self.app.state().imports.read(id)).await.unwrap();
        self.report(id).await
    }

    pub async fn report(&self, id: MusicImportId) -> Report {
        let (state, rows, added, known, merged): (String, i64, i64, i64, i64) =
            sqlx::query_as("select state, rows_read, added, known, merged from music_imports where id = $1")
                .bind(Uuid::from(id))
                .fetch_one(self.app.db())
                .await
                .unwrap();
        let (skipped, faults, early): (Value, Value, String) =
            sqlx::query_as("select skipped, faults, ended_early from music_imports where id = $1")
                .bind(Uuid::from(id))
                .fetch_one(self.app.db())
                .await
                .unwrap();
        Report { id, state, counts: [rows, added, known, merged], skipped, faults, early }
    }

    /// How many files lie in the store.
    pub fn stored(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let Ok(listed) = std::fs::read_dir(folder) else { return 0 };
            listed.flatten().map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
        }
        count(self.folder.path())
    }
}

/// What became of an import.
#[derive(Debug, PartialEq)]
pub struct Report {
    pub id: MusicImportId,
    pub state: String,
    /// Rows, added, known, merged.
    pub counts: [i64; 4],
    pub skipped: Value,
    pub faults: Value,
    pub early: String,
}

#[sqlx::test]
async fn m_05_the_same_file_twice_adds_no_row_and_bad_rows_are_listed(db: PgPool) {
    let desk = Desk::new(db).await;
    let mira = person(&desk.app, "Mira").await.user;
    let mut rows = history(0, 300);
    rows[7] = row(7, 12_000);
    rows[20] = r#"{"ts":"2024-01-01T10:00:00Z","ms_played":200000,"episode_name":"A talk"}"#.into();
    rows[30] =
        r#"{"ts":"soon","ms_played":200000,"master_metadata_track_name":"T","master_metadata_album_artist_name":"A"}"#
            .into();
    rows[41] = r#"{"ts":"2024-01-01T10:00:00Z","ms_played":200000}"#.into();
    rows[52] = "17".into();
    rows[63] = r#"{"ts" "2024"}"#.into();
    rows[299] = rows[298].clone();
    let file = format!("[{}]", rows.join(",\n")).into_bytes();
    let first = desk.import(mira, "Streaming_History_Audio_2024.json", file.clone()).await;
    assert_eq!((first.state.as_str(), first.counts), ("done", [300, 293, 1, 0]));
    assert_eq!(
        first.skipped,
        serde_json::json!({"too_short": 1, "no_music": 1, "no_date": 1, "no_name": 1, "no_play": 1, "unreadable": 1})
    );
    let places: Vec<(&str, i64, &str)> = first
        .faults
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            (fault["file"].as_str().unwrap(), fault["row"].as_i64().unwrap(), fault["reason"].as_str().unwrap())
        })
        .collect();
    let name = "Streaming_History_Audio_2024.json";
    assert_eq!(
        places,
        [
            (name, 31, "without a date that can be"),
            (name, 42, "without a track or an artist"),
            (name, 53, "not about a play"),
            (name, 64, "not readable"),
        ]
    );
    assert_eq!((first.early.as_str(), desk.stored()), ("", 0), "the file is removed");
    let rows = "select (select count(*) from music_plays) + (select count(*) from music_sightings)
                     + (select count(*) from music_tracks) + (select count(*) from music_artists)";
    let before = number(&desk.app, rows).await;
    // The same, in an archive, under another name, with another file of the same.
    let packed =
        archive(&[("my/endsong_0.json", &file), ("my/Read me.pdf", b"%PDF-1.7\0"), ("my/endsong_1.json", &file)]);
    let second = desk.import(mira, "spotify.zip", packed).await;
    assert_eq!(second.counts, [600, 0, 588, 0]);
    assert_eq!(
        (&second.skipped["other_file"], second.faults[4]["file"].as_str()),
        (&1.into(), Some("my/endsong_1.json"))
    );
    assert_eq!(number(&desk.app, rows).await, before);
    assert_eq!(miscounted(&desk.app).await, 0);
}

#[sqlx::test]
async fn mu_03_what_one_import_brought_can_be_taken_back(db: PgPool) {
    let desk = Desk::new(db).await;
    let mira = person(&desk.app, "Mira").await.user;
    let (imports, music) = (&desk.app.state().imports, &desk.app.state().music);
    let old = desk.import(mira, "old.json", made::file(history(0, 200))).await;
    let new = desk.import(mira, "new.json", made::file(history(100, 300))).await;
    assert_eq!((old.counts[1], new.counts[1], new.counts[2]), (200, 100, 100));
    // The same plays from Last.fm, of which some are in neither.
    let scrobbles = made::file((250..350).map(made::scrobble).collect());
    let lastfm = desk.import(mira, "scrobbles.json", scrobbles).await;
    assert_eq!(lastfm.counts, [100, 50, 0, 50]);
    assert_eq!(music.plays(mira).await.unwrap(), 350);

    let eve = person(&desk.app, "Eve").await.user;
    assert!(imports.remove(eve, new.id).await.is_err(), "it is not hers");
    imports.remove(mira, new.id).await.unwrap();
    assert!(imports.remove(mira, new.id).await.is_err(), "once");
    for _ in 0..2 {
        imports.take_back(new.id).await.unwrap();
    }
    assert_eq!(desk.report(new.id).await.state, "removed");
    // What Last.fm tells as well stays.
    assert_eq!(music.plays(mira).await.unwrap(), 300);
    let idle =
        "select count(*) from music_tracks t where not exists (select from music_plays p where p.track_id = t.id)";
    assert_eq!(number(&desk.app, idle).await, 0, "names go with the last play of them");
    assert_eq!(miscounted(&desk.app).await, 0);
    // One that is not read yet goes with its file.
    let waiting = desk.bring(mira, "later.json", made::file(history(0, 10))).await;
    assert_eq!(desk.stored(), 1);
    imports.remove(mira, waiting).await.unwrap();
    imports.read(waiting).await.unwrap();
    imports.take_back(waiting).await.unwrap();
    assert_eq!((desk.report(waiting).await.state.as_str(), desk.stored()), ("removed", 0));
    for id in [old.id, lastfm.id] {
        imports.remove(mira, id).await.unwrap();
        imports.take_back(id).await.unwrap();
    }
    let left = "select (select count(*) from music_plays) + (select count(*) from music_sightings)
                     + (select count(*) from music_tracks) + (select count(*) from music_artists)
                     + (select count(*) from music_sources) + (select count(*) from music_quarters)";
    assert_eq!(number(&desk.app, left).await, 0);
}

#[sqlx::test]
async fn mu_04_files_are_brought_read_and_removed_without_a_script(db: PgPool) {
    let desk = Desk::new(db).await;
    let (mira, mut browser) = person_at(&desk.app, "mira@example.com").await;
    assert!(browser.get("/music/import").await.text().contains("Nothing was imported yet"));
    let cookies = browser.cookies();
    let upload = async |accept: &str, files: &[(&str, &[u8])]| {
        let request = http::Request::post("/api/music/imports")
            .header(header::HOST, "localhost:3000")
            .header(header::ORIGIN, "http://localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, accept)
            .header(header::COOKIE, &cookies)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=between");
        let mut body = Vec::new();
        for (name, bytes) in files {
            body.extend_from_slice(
                format!("--between\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                    .as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--between--\r\n");
        let request = request.body(Body::from(body)).unwrap();
        Answer::of(desk.app.router().oneshot(request).await.unwrap()).await
    };
    let mut rows = history(0, 20);
    rows[3] = r#"{"no":"play"}"#.into();
    let file = made::file(rows);
    let kept = upload("text/html", &[("a <b>.json", &file), ("none.json", b"")]).await;
    assert_eq!((kept.status, kept.location()), (StatusCode::SEE_OTHER, "/music/import?taken=1&refused=import_empty"));
    let page = browser.get(kept.location()).await;
    for told in
        ["Your file is here", "There is nothing in this file", "a &lt;b&gt;.json", "Waiting", "http-equiv=\"refresh\""]
    {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    aura::serve::jobs(desk.app.state()).drain(desk.app.db()).await.unwrap();
    let page = browser.get("/music/import").await;
    for told in ["20 rows: 19 plays added", "1 not about a play", "row 4: not about a play", "Remove these plays"] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    assert!(!page.text().contains("http-equiv=\"refresh\""), "nothing changes by itself");
    // Nobody else sees it, or takes it back.
    let (_, mut eve) = person_at(&desk.app, "eve@example.com").await;
    assert!(eve.get("/music/import").await.text().contains("Nothing was imported yet"));
    let id: Uuid = sqlx::query_scalar("select id from music_imports").fetch_one(desk.app.db()).await.unwrap();
    let id = id.to_string();
    assert_eq!(eve.json_at("/api/music/remove-import", &[("id", &id)]).await.status, StatusCode::NOT_FOUND);
    let removed = browser.post_from("/music/import", "/api/music/remove-import", &[("id", &id)], "text/html").await;
    assert_eq!((removed.status.is_redirection(), removed.location()), (true, "/music/import"));
    aura::serve::jobs(desk.app.state()).drain(desk.app.db()).await.unwrap();
    assert!(browser.get("/music/import").await.text().contains("What this file brought is taken back."));
    assert_eq!(desk.app.state().music.plays(mira).await.unwrap(), 0);
    // A program is told in its own way.
    let told = upload("application/json", &[("b.json", &file)]).await;
    assert_eq!((told.status, told.value()["imports"].as_array().unwrap().len()), (StatusCode::ACCEPTED, 1));
    let told = upload("application/json", &[]).await;
    assert_eq!((told.status, told.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "import_missing"));
}
