//! Answers of music services, recorded and made up, in the shapes of before and since.

use std::{fs, path::Path, process::Command};

use aura::music::{
    lastfm::shapes as lastfm,
    spotify::shapes as spotify,
    told::{Subject, ToldPlaylist, ToldTrack, TopEntry},
};
use serde_json::{Value, json};

fn track(track: &ToldTrack) -> Vec<Value> {
    let ToldTrack { title, artists, album, duration_ms, isrc, source_key, .. } = track;
    vec![json!(title), json!(artists), json!(album), json!(duration_ms), json!(isrc), json!(source_key)]
}

fn heard(track: &ToldTrack) -> Vec<Value> {
    vec![json!(track.title), json!(track.artists[0]), json!(track.album)]
}

fn playlist(told: &ToldPlaylist) -> Vec<Value> {
    let tracks: Vec<_> = told.tracks.iter().map(track).collect();
    vec![json!(told.id), json!(told.name), json!(told.total), json!(tracks)]
}

fn artists(list: &Value) -> Value {
    let read = |entry: TopEntry| json!([entry.rank, entry.name, entry.source_key]);
    spotify::top(list, Subject::Artist).unwrap().into_iter().map(read).collect()
}

/// What our reader says of a recorded answer, in the words of the oracle.
fn told(name: &str, answer: &Value) -> Value {
    match name {
        "lastfm/recent_tracks_page" => {
            let (_, page) = lastfm::recent(answer).unwrap();
            let line = |play: &aura::music::told::ToldPlay| {
                let mut line = vec![json!(play.at.unix_timestamp())];
                line.extend(heard(&play.track));
                Value::from(line)
            };
            page.plays.iter().map(line).collect()
        }
        "lastfm/recorded_track" | "lastfm/now_playing_track" => heard(&lastfm::track(answer).unwrap()).into(),
        "spotify/recently_played_tracks" => {
            let page = spotify::recent(answer).unwrap();
            let line = |play: &aura::music::told::ToldPlay| {
                let at = i64::try_from(play.at.unix_timestamp_nanos() / 1_000_000).unwrap();
                let mut line = vec![json!(at)];
                line.extend(track(&play.track));
                Value::from(line)
            };
            page.plays.iter().map(line).collect()
        }
        "spotify/top_tracks" => {
            let line =
                |entry: TopEntry| json!([entry.rank, entry.name, entry.artist, entry.duration_ms, entry.source_key]);
            spotify::top(answer, Subject::Track).unwrap().into_iter().map(line).collect()
        }
        "spotify/top_artists" => artists(answer),
        "spotify/followed_artists" => artists(&answer["artists"]),
        "spotify/search" => spotify::entries(&answer["tracks"]).iter().map(track).collect(),
        "spotify/playlist_items" => spotify::entries(answer).iter().map(track).collect(),
        "spotify/playlist_1" | "spotify/playlist_2" | "spotify/new_playlist" => {
            playlist(&spotify::playlist(answer).unwrap()).into()
        }
        "spotify/current_user_playlist_1" => {
            let list = answer["items"].as_array().unwrap();
            list.iter().map(|one| Value::from(playlist(&spotify::playlist(one).unwrap())[..3].to_vec())).collect()
        }
        _ => {
            let nothing = spotify::top(answer, Subject::Track).is_none()
                && spotify::recent(answer).is_none()
                && spotify::playlist(answer).is_none()
                && spotify::entries(answer).is_empty();
            if nothing { Value::Null } else { json!("something") }
        }
    }
}

#[test]
fn m_01_recorded_answers_are_read_as_an_independent_reader_reads_them() {
    #[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
    let Some(folder) = std::env::var_os("VECTORS_DIR") else {
        println!("not run: recorded answers of Last.fm and Spotify (VECTORS_DIR is not set)");
        return;
    };
    let folder = Path::new(&folder);
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/music_oracle.py");
    let output = Command::new("python3").arg(oracle).arg(folder).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = expected.as_object().unwrap();
    let mut read = 0;
    for service in ["lastfm", "spotify"] {
        for file in fs::read_dir(folder.join(service)).unwrap() {
            let path = file.unwrap().path();
            let name = format!("{service}/{}", path.file_stem().unwrap().to_str().unwrap());
            let answer: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let wanted = expected.get(&name).unwrap_or_else(|| panic!("the oracle does not know {name}"));
            assert_eq!(&told(&name, &answer), wanted, "{name}");
            read += 1;
        }
    }
    assert_eq!(read, expected.len(), "each answer was read");
}

#[test]
fn m_02_shapes_of_before_and_since_are_the_same() {
    let song = json!({"id": "4t", "type": "track", "name": "Song", "artists": [{"id": "3a", "name": "One"}, {"name": "Two"}],
        "album": {"name": "Record", "release_date": "1981-12"}, "duration_ms": 61_000, "external_ids": {"isrc": "DE-A12-34-56789"}});
    let expected = spotify::track(&song).unwrap();
    assert_eq!(
        (expected.artists.len(), expected.released, expected.isrc.as_deref()),
        (2, Some(1981), Some("DEA123456789"))
    );
    // The track of an entry: itself, `track`, `item`, both, or an `item` beside the flag that `track` once was.
    for entry in [
        song.clone(),
        json!({"track": song}),
        json!({"item": song}),
        json!({"track": song, "item": song}),
        json!({"track": true, "item": song}),
        json!({"track": song, "item": null}),
    ] {
        assert_eq!(spotify::entries(&json!({"items": [entry]})), std::slice::from_ref(&expected), "{entry}");
    }
    // The tracks of a playlist.
    let page = json!({"total": 1, "items": [{"item": song}]});
    for part in [
        json!({"id": "5p", "name": "Mine", "tracks": page}),
        json!({"id": "5p", "name": "Mine", "items": page}),
        json!({"id": "5p", "name": "Mine", "items": page, "tracks": null}),
    ] {
        let told = spotify::playlist(&part).unwrap();
        assert_eq!((told.total, told.tracks), (Some(1), vec![expected.clone()]), "{part}");
    }
    let short = spotify::playlist(&json!({"id": "5p", "name": "Mine", "tracks": {"total": 7}})).unwrap();
    assert_eq!((short.total, short.tracks.len()), (Some(7), 0));
    // What is no track is none, whatever stands beside it.
    let mixed = json!({"items": [{"track": null}, {"item": {"type": "episode", "name": "Talk", "artists": []}}, {}, null, {"track": song}]});
    assert_eq!(spotify::entries(&mixed), [expected]);
    // An account, with and without what apps in development mode are not told.
    for (answer, id, name, country) in [
        (json!({"account_id": "new", "id": "old", "display_name": "Mira", "country": "DE"}), "new", "Mira", Some("DE")),
        (json!({"id": "old", "display_name": null, "email": "x@example.com"}), "old", "old", None),
    ] {
        let (found, told) = spotify::account(&answer).unwrap();
        assert_eq!((found.as_str(), told.name.as_str(), told.country.as_deref()), (id, name, country));
    }
    // Artists without genres, popularity and followers; numbers with a point; a cursor that is missing.
    assert_eq!(spotify::top(&json!({"items": [{"name": "One"}], "offset": 50}), Subject::Artist).unwrap()[0].rank, 51);
    let mut long = song.clone();
    long["duration_ms"] = json!(61_000.0);
    assert_eq!(spotify::track(&long).unwrap().duration_ms, Some(61_000));
    let page = json!({"items": [{"track": song, "played_at": "2026-03-12T11:00:00.123Z"}], "cursors": null});
    assert_eq!(spotify::recent(&page).unwrap().after.as_deref(), Some("1773313200123"));
}

#[test]
fn mu_28_last_fm_is_read_in_each_shape_that_it_has() {
    let about = json!({"user": "Mira", "page": "1", "totalPages": "3", "total": "401"});
    let play = |extra: Value| {
        let mut play = json!({"name": "Song", "artist": {"#text": "One"}, "album": {"#text": ""}, "mbid": "", "date": {"uts": "1700000000"}});
        play.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        play
    };
    // One instead of a list, a number instead of a text, a name instead of a text, none at all.
    for track in [
        play(json!({})),
        json!([play(json!({}))]),
        play(json!({"date": {"uts": 1_700_000_000}, "artist": {"name": "One"}})),
    ] {
        let (whose, page) = lastfm::recent(&json!({"recenttracks": {"track": track, "@attr": about}})).unwrap();
        assert_eq!((whose.as_str(), page.pages, page.total, page.plays.len()), ("Mira", 3, 401, 1));
        let told = &page.plays[0].track;
        assert_eq!(
            (told.title.as_str(), told.artists[0].as_str(), &told.album, &told.source_key),
            ("Song", "One", &None, &None)
        );
    }
    let now = json!([play(json!({"@attr": {"nowplaying": "true"}, "date": null})), play(json!({}))]);
    let (_, page) = lastfm::recent(&json!({"recenttracks": {"track": now, "@attr": about}})).unwrap();
    assert_eq!((page.plays.len(), page.now_playing.is_some()), (1, true));
    let (_, page) = lastfm::recent(&json!({"recenttracks": {"track": [], "@attr": about}})).unwrap();
    assert!(page.plays.is_empty());
    // Whose it is must be said.
    assert!(lastfm::recent(&json!({"recenttracks": {"track": []}})).is_none());
    for hostile in [json!(null), json!([]), json!("x"), json!({"recenttracks": "x"}), json!({"user": []})] {
        assert!(lastfm::recent(&hostile).is_none() && lastfm::account(&hostile).is_none());
    }
    // The grey picture is none; the largest other one counts.
    let grey = "https://lastfm.freetls.fastly.net/i/u/300x300/2a96cbd8b46e442fc41c2b86b821562f.png";
    let picture = |url: &str| {
        let user = json!({"user": {"name": "Mira", "playcount": 12, "registered": {"#text": 1_273_000_000},
            "image": [{"size": "small", "#text": "https://pictures.example/small.png"}, {"size": "large", "#text": url}]}});
        lastfm::account(&user).unwrap().1
    };
    assert_eq!(picture(grey).image_url, None);
    let told = picture("https://pictures.example/large.png");
    assert_eq!(told.image_url.as_deref(), Some("https://pictures.example/large.png"));
    assert_eq!((told.plays, told.registered_at.map(|at| at.unix_timestamp())), (Some(12), Some(1_273_000_000)));
    assert!(picture("javascript:alert(1)").image_url.is_none_or(|url| url.starts_with("https://")));
}
