//! A Last.fm and a Spotify as the tests need them: they count what they are asked, and answer as they are told.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use aura::kit::id::{ConnectionId, MusicSourceId, UserId};
use serde_json::{Value, json};
use sqlx::PgPool;
use url::Url;
use uuid::Uuid;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{method, path},
};

use crate::{browser::Browser, support::TestApp, vendor::Vendor};

pub const KEY: &str = "canary-key-of-lastfm";
pub const NAME: &str = "Mira_O";
/// The first play of a listener, in seconds since 1970; each further one is ten minutes later.
pub const FIRST: i64 = 1_700_000_000;

/// What Last.fm does next, before it answers properly again.
type Next = Arc<Mutex<VecDeque<ResponseTemplate>>>;

/// The parameters of a call.
type Asked = Vec<(String, String)>;

#[derive(Clone)]
pub struct LastfmWorld {
    pub next: Next,
    /// How many plays the listener has.
    pub plays: i64,
    /// What was asked, by its parameters.
    pub asked: Arc<Mutex<Vec<Asked>>>,
    /// What listeners call artists; who is not among them is not known.
    pub tags: Arc<Mutex<HashMap<String, Value>>>,
}

impl LastfmWorld {
    pub async fn start(server: &MockServer, plays: i64) -> Self {
        let world = Self { next: Next::default(), plays, asked: Arc::default(), tags: Arc::default() };
        let at = path("/ws.audioscrobbler.com/2.0/");
        Mock::given(method("GET")).and(at).respond_with(world.clone()).mount(server).await;
        world
    }

    pub fn answers_next(&self, answer: ResponseTemplate) {
        self.next.lock().unwrap().push_back(answer);
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Respond for LastfmWorld {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = pairs(&request.url);
        let said = |name: &str| asked.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
        self.asked.lock().unwrap().push(asked.clone());
        if let Some(answer) = self.next.lock().unwrap().pop_front() {
            return answer;
        }
        if said("api_key").as_deref() != Some(KEY) || said("format").as_deref() != Some("json") {
            return refusal(200, 10);
        }
        if said("method").as_deref() == Some("artist.getTopTags") {
            let tags = said("artist").and_then(|artist| self.tags.lock().unwrap().get(&artist).cloned());
            let answer = |tags| {
                ResponseTemplate::new(200)
                    .set_body_json(json!({"toptags": {"tag": tags, "@attr": {"artist": "as it is spelt"}}}))
            };
            return tags.map_or_else(|| refusal(200, 6), answer);
        }
        let user = said("user").unwrap_or_default();
        if !user.eq_ignore_ascii_case(NAME) {
            return refusal(404, 6);
        }
        let number = |name: &str| said(name).and_then(|text| text.parse::<i64>().ok());
        let body = match said("method").unwrap_or_default().as_str() {
            "user.getInfo" => json!({"user": {
                "name": NAME, "playcount": self.plays.to_string(), "country": "Germany",
                "url": format!("https://www.last.fm/user/{NAME}"), "registered": {"unixtime": "1273000000", "#text": 1_273_000_000},
                "image": [{"size": "large", "#text": "https://lastfm.example/2a96cbd8b46e442fc41c2b86b821562f.png"}],
            }}),
            "user.getTopArtists" => {
                json!({"topartists": {"artist": [entry("Ines Duarte", 1), entry("Night Ferry", 2)], "@attr": about(1)}})
            }
            // A list of one comes as the one.
            "user.getTopAlbums" => json!({"topalbums": {"album": entry("Salt", 1), "@attr": about(1)}}),
            "user.getTopTracks" => json!({"toptracks": {"track": [entry("Low Tide", 1)], "@attr": about(1)}}),
            "user.getRecentTracks" => self.recent(number("from"), number("to"), number("page").unwrap_or(1)),
            _ => return refusal(200, 3),
        };
        ResponseTemplate::new(200).set_body_json(body)
    }
}

impl LastfmWorld {
    fn recent(&self, from: Option<i64>, to: Option<i64>, page: i64) -> Value {
        let within = |at: &i64| from.is_none_or(|from| *at >= from) && to.is_none_or(|to| *at <= to);
        let all: Vec<i64> = (0..self.plays).rev().map(|at| FIRST + at * 600).filter(within).collect();
        let pages = (i64::try_from(all.len()).unwrap() + 199) / 200;
        let skip = usize::try_from((page - 1) * 200).unwrap();
        let mut track: Vec<Value> = all.iter().skip(skip).take(200).map(|at| play(*at)).collect();
        // It comes on top of the limit, on every page.
        track.insert(0, json!({"name": "Now", "artist": {"#text": "Nobody"}, "@attr": {"nowplaying": "true"}}));
        json!({"recenttracks": {"track": track, "@attr": about(pages)}})
    }
}

fn play(at: i64) -> Value {
    json!({
        "name": format!("Song {}", at % 7), "artist": {"#text": "Ines Duarte", "mbid": ""}, "album": {"#text": "Salt"},
        "mbid": "", "url": "https://www.last.fm/music/Ines", "streamable": "0", "date": {"uts": at.to_string()},
    })
}

fn entry(name: &str, rank: i64) -> Value {
    json!({
        "name": name, "playcount": (100 / rank).to_string(), "mbid": "", "url": "https://www.last.fm/music/x",
        "artist": {"name": "Ines Duarte"}, "duration": "214", "@attr": {"rank": rank.to_string()},
    })
}

fn about(pages: i64) -> Value {
    json!({"user": NAME.to_uppercase(), "page": "1", "perPage": "200", "total": "0", "totalPages": pages.to_string()})
}

/// A refusal of Last.fm's, which may come with any status.
pub fn refusal(status: u16, code: i64) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": code, "message": "User not found"}))
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

/// Aura with Last.fm set up, whose line lets everything through that is not about the line.
pub async fn app(vendor: &Vendor, db: PgPool) -> TestApp {
    vendor.app_with(db, &[("LASTFM_API_KEY", KEY), ("LASTFM_BURST", "1000")]).await
}

/// The sources of a person.
pub async fn sources(app: &TestApp, user: UserId) -> Vec<MusicSourceId> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from music_sources where user_id = $1 order by created_at, id")
        .bind(Uuid::from(user))
        .fetch_all(app.db())
        .await
        .unwrap();
    ids.into_iter().map(MusicSourceId::from).collect()
}

/// What stands in a source's row.
pub async fn problem(app: &TestApp, source: MusicSourceId) -> Option<String> {
    sqlx::query_scalar("select problem from music_syncs where source_id = $1")
        .bind(Uuid::from(source))
        .fetch_one(app.db())
        .await
        .unwrap()
}

/// Makes a source due and reads it.
pub async fn sync(app: &TestApp, source: MusicSourceId) {
    sqlx::query("update music_syncs set next_at = $2 where source_id = $1")
        .bind(Uuid::from(source))
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    app.state().sources.sync_one(source).await.unwrap();
}

/// The page of sources, without a script.
pub async fn page(browser: &mut Browser) -> String {
    let answer = browser.get("/music/sources").await;
    assert_eq!(answer.status, http::StatusCode::OK);
    answer.text().to_owned()
}

/// Lets a connection be made with an app of the person's own.
pub async fn with_own_app(app: &TestApp, user: UserId, connection: ConnectionId) {
    let own: UserId = app.state().random.id(app.clock().now());
    sqlx::query(
        "with own as (
             insert into own_apps (id, user_id, provider, name, sealed_client_id, client_hint, client_fingerprint, state,
                 created_at, updated_at)
             values ($1, $2, 'spotify', 'own', 'x', 'x', '', 'ready', $4, $4) returning id
         )
         update connections set own_app_id = own.id from own where connections.id = $3",
    )
    .bind(Uuid::from(own))
    .bind(Uuid::from(user))
    .bind(Uuid::from(connection))
    .bind(app.clock().now())
    .execute(app.db())
    .await
    .unwrap();
}
