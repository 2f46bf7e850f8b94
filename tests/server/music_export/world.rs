//! A Spotify that keeps playlists as the tests need it: it counts what it is asked, and fails as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aura::{
    kit::id::{ConnectionId, MusicExportId, MusicPlaylistId, UserId},
    music::playlist::{NewPlaylist, model::Line},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;
use wiremock::{Mock, Request, Respond, ResponseTemplate, matchers::path_regex};

use crate::{
    support::TestApp,
    vendor::{Vendor, connect, person},
};

pub const ME: &str = "mira-at-spotify";

/// What goes wrong with a call.
#[derive(Clone)]
pub enum Fault {
    /// This is the answer, and nothing is done.
    Says(ResponseTemplate),
    /// It is done, and this is the answer.
    Does(ResponseTemplate),
    /// It is not done, and no answer comes.
    Lost,
    /// It is done, and no answer comes.
    Silent,
}

#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub id: String,
    pub name: String,
    pub description: String,
    pub public: bool,
    pub uris: Vec<String>,
    pub followed: bool,
}

#[derive(Default)]
pub struct State {
    pub playlists: Vec<Kept>,
    /// `GET /search isrc:…`, in order.
    pub asked: Vec<String>,
    /// Tokens that calls came with.
    pub tokens: Vec<String>,
    /// Beginnings of `METHOD /path`, how many calls to let through first, and what then goes wrong once.
    faults: Vec<(&'static str, usize, Fault)>,
    /// Whose the account is.
    pub me: String,
    /// Tracks that are found by words only, several under the same.
    pub songs: Vec<(String, Value)>,
    /// Uris that no playlist takes.
    pub unwanted: Vec<String>,
    /// Uris that are dropped without a word.
    pub dropped: Vec<String>,
    /// Whether the library of 2026 is there.
    pub library: bool,
}

#[derive(Clone)]
pub struct World(pub Arc<Mutex<State>>);

impl World {
    pub async fn start(vendor: &Vendor) -> Self {
        let state = State { me: ME.to_owned(), library: true, ..State::default() };
        let world = Self(Arc::new(Mutex::new(state)));
        Mock::given(path_regex("^/api.spotify.com/v1/")).respond_with(world.clone()).mount(&vendor.server).await;
        world
    }

    pub fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The next call of this kind but so many goes wrong.
    pub fn fails(&self, kind: &'static str, after: usize, fault: Fault) {
        self.state().faults.push((kind, after, fault));
    }

    pub fn count(&self, kind: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.starts_with(kind)).count()
    }

    pub fn playlists(&self) -> Vec<Kept> {
        self.state().playlists.clone()
    }
}

/// The ISRC of the song of this number.
pub fn isrc(number: usize) -> String {
    format!("QZTST24{number:05}")
}

pub fn uri(number: usize) -> String {
    format!("spotify:track:{number:022}")
}

/// A line of a playlist, of this song.
pub fn line(number: usize) -> Line {
    Line {
        title: format!("Song {number}"),
        artists: vec![format!("Artist {}", number % 97)],
        album: Some("Record".to_owned()),
        duration_ms: Some(200_000),
        isrc: Some(isrc(number)),
        source: "typed".to_owned(),
    }
}

fn track(number: usize) -> Value {
    song(&uri(number), &line(number))
}

/// As Spotify tells it.
pub fn song(uri: &str, line: &Line) -> Value {
    let Line { title, artists, album, duration_ms, isrc, .. } = line;
    let artists: Vec<Value> = artists.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "type": "track", "id": uri.rsplit(':').next(), "uri": uri, "name": title, "artists": artists, "album": {"name": album},
        "duration_ms": duration_ms, "external_ids": {"isrc": isrc},
    })
}

fn json_of(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

pub fn refusal(status: u16, message: &str) -> ResponseTemplate {
    json_of(status, &json!({"error": {"status": status, "message": message}}))
}

/// Asks to wait so many seconds.
pub fn wait(seconds: u32) -> ResponseTemplate {
    refusal(429, "API rate limit exceeded").insert_header("retry-after", seconds.to_string())
}

impl Respond for World {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.state();
        let path = request.url.path().trim_start_matches("/api.spotify.com/v1").to_owned();
        let query =
            |name: &str| request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let kind = format!("{} {path} {}", request.method, query("q").unwrap_or_default());
        let token = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        state.tokens.push(token.trim_start_matches("Bearer ").to_owned());
        state.asked.push(kind.clone());
        let mut fault = None;
        for at in 0..state.faults.len() {
            if kind.starts_with(state.faults[at].0) {
                if state.faults[at].1 == 0 {
                    fault = Some(state.faults.remove(at).2);
                    break;
                }
                state.faults[at].1 -= 1;
            }
        }
        let for_ever = Duration::from_secs(600);
        match fault {
            Some(Fault::Says(answer)) => return answer,
            Some(Fault::Lost) => return ResponseTemplate::new(504).set_delay(for_ever),
            _ => {}
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let offset = query("offset").and_then(|text| text.parse().ok()).unwrap_or(0);
        let limit = query("limit").and_then(|text| text.parse::<usize>().ok()).unwrap_or(20);
        let answer = state.act(request.method.as_str(), &path, &query("q").unwrap_or_default(), &body, offset, limit);
        match fault {
            Some(Fault::Does(answer)) => answer,
            Some(Fault::Silent) => answer.set_delay(for_ever),
            _ => answer,
        }
    }
}

impl State {
    fn act(
        &mut self,
        method: &str,
        path: &str,
        words: &str,
        body: &Value,
        from: usize,
        limit: usize,
    ) -> ResponseTemplate {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["me"]) => json_of(200, &json!({"id": self.me, "display_name": "Mira"})),
            ("GET", ["search"]) if limit > 10 => refusal(400, "Invalid limit"),
            ("GET", ["search"]) => json_of(200, &json!({"tracks": {"items": self.find(words)}})),
            ("POST", ["me", "playlists"]) => self.make(body),
            ("GET", ["me", "playlists"]) => {
                let shown = self.playlists.iter().rev().filter(|one| one.followed).skip(from).take(limit);
                let shown = shown.map(|one| json!({"id": one.id, "name": one.name, "description": one.description}));
                json_of(200, &json!({"items": shown.collect::<Vec<_>>()}))
            }
            ("POST", ["playlists", id, "items"]) => self.add(id, body),
            ("GET", ["playlists", id, "items"]) if limit <= 50 => {
                let Some(kept) = self.playlists.iter().find(|one| one.id == *id) else {
                    return refusal(404, "Not found.");
                };
                // Of both shapes in turn.
                let name = if from.is_multiple_of(100) { "item" } else { "track" };
                let items: Vec<Value> = kept
                    .uris
                    .iter()
                    .skip(from)
                    .take(limit)
                    .map(|uri| json!({name: {"type": "track", "uri": uri}}))
                    .collect();
                json_of(200, &json!({"items": items, "total": kept.uris.len()}))
            }
            ("DELETE", ["me", "library"]) if !self.library => refusal(403, "Forbidden"),
            ("DELETE", ["me", "library"]) => {
                for one in &mut self.playlists {
                    one.followed = false;
                }
                ResponseTemplate::new(200)
            }
            ("DELETE", ["playlists", id, "followers"]) if !self.library => {
                self.playlists.iter_mut().filter(|one| one.id == *id).for_each(|one| one.followed = false);
                ResponseTemplate::new(200)
            }
            _ => refusal(403, "Forbidden"),
        }
    }

    fn find(&self, words: &str) -> Vec<Value> {
        if let Some(number) = words.strip_prefix("isrc:QZTST24").and_then(|number| number.parse::<usize>().ok()) {
            // What is beyond is not there.
            return if number < 90_000 { vec![track(number)] } else { Vec::new() };
        }
        self.songs.iter().filter(|(known, _)| known == words).map(|(_, song)| song.clone()).collect()
    }

    fn make(&mut self, body: &Value) -> ResponseTemplate {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let kept = Kept {
            id: format!("list{}", self.playlists.len()),
            name: text("name"),
            description: text("description"),
            public: body["public"] == true,
            uris: Vec::new(),
            followed: true,
        };
        let url = format!("https://open.spotify.com/playlist/{}", kept.id);
        let told = json!({"id": kept.id, "external_urls": {"spotify": url}});
        self.playlists.push(kept);
        json_of(201, &told)
    }

    fn add(&mut self, id: &str, body: &Value) -> ResponseTemplate {
        let uris: Vec<String> = serde_json::from_value(body["uris"].clone()).unwrap();
        if uris.len() > 100 || uris.iter().any(|uri| self.unwanted.contains(uri)) {
            return refusal(400, "Invalid track uri");
        }
        let dropped = self.dropped.clone();
        let Some(kept) = self.playlists.iter_mut().find(|one| one.id == id) else { return refusal(404, "Not found.") };
        let at = body["position"].as_u64().map_or(kept.uris.len(), |at| usize::try_from(at).unwrap());
        kept.uris.splice(at..at, uris.into_iter().filter(|uri| !dropped.contains(uri)));
        json_of(201, &json!({"snapshot_id": format!("snapshot{}", kept.uris.len())}))
    }
}

/// A person with a Spotify account that may make playlists.
pub struct Desk {
    pub app: TestApp,
    pub world: World,
    pub user: UserId,
    pub connection: ConnectionId,
}

impl Desk {
    pub async fn new(vendor: &Vendor, db: PgPool) -> Self {
        let (app, world) = (vendor.app(db).await, World::start(vendor).await);
        let user = person(&app).await;
        let connection = account(&app, user, "access-of-mira", ME).await;
        Self { app, world, user, connection }
    }

    pub async fn playlist(&self, lines: Vec<Line>) -> MusicPlaylistId {
        let new = NewPlaylist { name: "Evenings", description: "Slow ones", origin: "a test" };
        self.app.state().playlists.make(self.user, new, lines).await.unwrap()
    }

    /// Begins an export of these lines.
    pub async fn begin(&self, lines: Vec<Line>) -> MusicExportId {
        let playlist = self.playlist(lines).await;
        self.app.state().exports.begin(self.user, playlist, self.connection, false).await.unwrap()
    }

    pub async fn run(&self, export: MusicExportId) {
        Box::pin(self.app.state().exports.run_one(export)).await.unwrap();
    }

    pub async fn state(&self, export: MusicExportId) -> (String, Option<String>) {
        sqlx::query_as("select state, problem from music_exports where id = $1")
            .bind(Uuid::from(export))
            .fetch_one(self.app.db())
            .await
            .unwrap()
    }

    /// The states of the lines, in their order.
    pub async fn lines(&self, export: MusicExportId) -> Vec<String> {
        sqlx::query_scalar("select state from music_export_lines where export_id = $1 order by place")
            .bind(Uuid::from(export))
            .fetch_all(self.app.db())
            .await
            .unwrap()
    }
}

/// An account at Spotify, granted all that an export needs.
pub async fn account(app: &TestApp, user: UserId, token: &str, id: &str) -> ConnectionId {
    let connection = connect(app, user, "spotify", token, Some("refresh"), None).await;
    let scopes = ["playlist-read-private", "playlist-modify-private", "playlist-modify-public"];
    sqlx::query("update connections set scopes = $2, account_id = $3 where id = $1")
        .bind(Uuid::from(connection))
        .bind(&scopes.map(str::to_owned)[..])
        .bind(id)
        .execute(app.db())
        .await
        .unwrap();
    connection
}

/// Lines without a number, found by their words alone.
pub fn by_words(title: &str, seconds: i32) -> Line {
    Line {
        title: title.to_owned(),
        artists: vec!["Somebody".to_owned()],
        duration_ms: (seconds > 0).then_some(seconds * 1_000),
        source: "typed".to_owned(),
        ..Line::default()
    }
}
