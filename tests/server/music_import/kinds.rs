//! Files of every kind, whole and broken, and files that are made to do harm.

use std::{path::PathBuf, process::Command};

use serde_json::json;
use sqlx::PgPool;

use super::{
    Desk,
    made::{archive, file, history},
};
use crate::outside::person;

/// Counts and values as another program has them.
const ORACLE: &str = r#"
import json, sys
from datetime import datetime, timezone
kind, path = sys.argv[1:]
rows = json.load(open(path))
out = []
if kind == 'history':
    for row in rows:
        name, artist = row.get('master_metadata_track_name'), row.get('master_metadata_album_artist_name')
        if not name or not artist or row['ms_played'] < 30000: continue
        end = datetime.strptime(row['ts'], '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc).timestamp()
        out.append([artist, row['master_metadata_album_album_name'], name, int(end * 1000) - row['ms_played'], row['ms_played']])
else:
    for row in rows['recenttracks']['track']:
        if 'date' not in row: continue
        artist = row['artist'].get('#text') or row['artist'].get('name')
        out.append([artist, row['album']['#text'] or None, row['name'], int(row['date']['uts']) * 1000, None])
out = sorted({json.dumps(r, ensure_ascii=False) for r in out})
print(json.dumps([json.loads(r) for r in out], ensure_ascii=False))
"#;

#[sqlx::test]
async fn mu_02_recorded_files_say_what_another_program_reads_in_them(db: PgPool) {
    let desk = Desk::new(db).await;
    #[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
    let Some(folder) = std::env::var_os("VECTORS_DIR").map(PathBuf::from) else {
        println!("not run: recorded files of plays (VECTORS_DIR is not set)");
        return;
    };
    for (kind, path, person_of) in [
        ("history", "history/Streaming_History_Audio.json", "Mira"),
        ("lastfm", "lastfm/recent_tracks_page.json", "Noor"),
    ] {
        let user = person(&desk.app, person_of).await.user;
        let path = folder.join(path);
        let oracle = Command::new("python3").args(["-c", ORACLE, kind]).arg(&path).output().unwrap();
        assert!(oracle.status.success(), "{}", String::from_utf8_lossy(&oracle.stderr));
        let expected: Vec<serde_json::Value> = serde_json::from_slice(&oracle.stdout).unwrap();
        let report = desk.import(user, "a file", std::fs::read(&path).unwrap()).await;
        assert_eq!((report.state.as_str(), report.early.as_str(), &report.faults), ("done", "", &json!([])));
        let told: Vec<serde_json::Value> = sqlx::query_scalar(
            "select jsonb_build_array(a.name, al.title, t.title, (extract(epoch from p.started_at) * 1000)::bigint, p.milliseconds)
             from music_plays p join music_tracks t on t.id = p.track_id join music_artists a on a.id = t.artist_id
             left join music_albums al on al.id = t.album_id where p.user_id = $1",
        )
        .bind(uuid::Uuid::from(user))
        .fetch_all(desk.app.db())
        .await
        .unwrap();
        assert!(expected.len() > 10, "{kind}");
        assert_eq!(told.len(), expected.len(), "{kind}: {report:?}");
        // A track that is on two albums keeps the first: of these the album is not compared.
        let core = |row: &serde_json::Value| json!([row[0], row[2], row[3], row[4]]).to_string();
        let (mut ours, mut theirs): (Vec<_>, Vec<_>) =
            (told.iter().map(core).collect(), expected.iter().map(core).collect());
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{kind}");
        let known: std::collections::BTreeSet<String> =
            expected.iter().map(|row| json!([row[0], row[2], row[1]]).to_string()).collect();
        for row in &told {
            assert!(known.contains(&json!([row[0], row[2], row[1]]).to_string()), "{row}");
        }
    }
}

#[sqlx::test]
async fn mu_06_every_kind_is_known_by_its_content(db: PgPool) {
    let desk = Desk::new(db).await;
    let mut kinds = Vec::new();
    for (name, bytes, kind) in [
        ("x", history(0, 1).concat().into_bytes(), "spotify_file"),
        ("x.csv", file(history(0, 1)), "spotify_file"),
        (
            "x",
            br#"[{"endTime":"2024-05-06 18:43","artistName":"A","trackName":"T","msPlayed":60000}]"#.to_vec(),
            "spotify_account_file",
        ),
        ("x", b"A,B,T,21 Feb 2023 18:54\n".to_vec(), "lastfm_file"),
        (
            "x",
            b"\xef\xbb\xbfartist,album,title,date\r\n\"A, b\",B,T,\"21 Feb 2023, 18:54\"\r\n".to_vec(),
            "lastfm_file",
        ),
        (
            "x",
            br##"[{"track":[{"artist":{"#text":"A"},"name":"T","date":{"uts":"1677005640"}}]}]"##.to_vec(),
            "lastfm_file",
        ),
        (
            "x",
            br#"{"listened_at":1677005640,"track_metadata":{"artist_name":"A","track_name":"T"}}"#.to_vec(),
            "listenbrainz_file",
        ),
        (
            "x",
            archive(&[
                ("user.json", br#"{"user_id":1}"#),
                (
                    "listens/2023/2.jsonl",
                    b"{\"listened_at\":1677005640,\"track_metadata\":{\"artist_name\":\"A\",\"track_name\":\"T\"}}\n",
                ),
            ]),
            "listenbrainz_file",
        ),
    ] {
        let user = person(&desk.app, "Mira").await.user;
        let report = desk.import(user, name, bytes).await;
        assert_eq!(report.counts[1], 1, "{kind}: {report:?}");
        let found: String = sqlx::query_scalar("select kind from music_sources where user_id = $1")
            .bind(uuid::Uuid::from(user))
            .fetch_one(desk.app.db())
            .await
            .unwrap();
        assert_eq!(found, kind);
        kinds.push(found);
    }
    kinds.dedup();
    assert_eq!(kinds.len(), 4);
}

#[sqlx::test]
async fn mu_07_broken_and_hostile_files_end_in_a_plain_report(db: PgPool) {
    let desk = Desk::new(db).await;
    let mira = person(&desk.app, "Mira").await.user;
    // What was read of a file that is cut off stays.
    let mut cut = file(history(0, 50));
    cut.truncate(cut.len() - 100);
    let report = desk.import(mira, "cut.json", cut.clone()).await;
    assert_eq!((report.state.as_str(), report.counts[1]), ("done", 49));
    assert!(report.early.contains("«cut.json» could be read as far as row 49"), "{}", report.early);
    // In an archive the other files are read all the same.
    let report = desk.import(mira, "a.zip", archive(&[("cut.json", &cut), ("b.json", &file(history(50, 60)))])).await;
    assert_eq!(report.counts, [59, 10, 49, 0]);
    assert!(report.early.contains("cut.json"), "{}", report.early);
    // Junk is counted, and listed as far as it helps anybody.
    let junk = format!("[{}{{}}]", "{\"a\":1},[7],\n".repeat(100_000));
    let report = desk.import(mira, "junk.json", junk.into_bytes()).await;
    assert_eq!((report.state.as_str(), report.counts), ("done", [200_001, 0, 0, 0]));
    assert_eq!(report.skipped, json!({"no_play": 200_001}));
    assert_eq!(report.faults.as_array().unwrap().len(), 100);
    // What unpacks to far more than it is: nothing is kept of it, and what follows is not read.
    let mut bomb = vec![b' '; 40 * 1024 * 1024];
    bomb[0] = b'[';
    let bombs =
        archive(&[("a.json", &file(history(60, 70))), ("bomb.json", &bomb), ("c.json", &file(history(70, 80)))]);
    let report = desk.import(mira, "bomb.zip", bombs).await;
    assert_eq!((report.state.as_str(), report.counts[1]), ("done", 10));
    assert!(report.early.contains("«bomb.json» unpacks to far more"), "{}", report.early);
    let many: Vec<(String, Vec<u8>)> = (0..1_001).map(|number| (format!("{number}.json"), b"[]".to_vec())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    for (name, bytes, told) in [
        ("many.zip", archive(&many), "more than 1000 files"),
        ("broken.zip", b"PK\x03\x04 and nothing else".to_vec(), "an archive that is damaged"),
        ("a.pdf", b"%PDF-1.7 \0\0".to_vec(), "none of the files that can be read here"),
        ("a.txt", b"Dear diary,\ntoday I heard a song.\n".to_vec(), "none of the files that can be read here"),
        ("a.csv", b"day,steps\n1,2\n".to_vec(), "none of the files that can be read here"),
    ] {
        let report = desk.import(mira, name, bytes).await;
        assert_eq!((report.state.as_str(), report.counts[1]), ("done", 0), "{name}");
        assert!(report.early.contains(told), "{name}: {}", report.early);
    }
    assert_eq!(desk.stored(), 0);
}
