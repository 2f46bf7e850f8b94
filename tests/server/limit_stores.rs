//! The four stores of limits as the tests use them: a real Redis server, an Upstash-compatible REST server that others
//! wrote (npm's `@humanwhocodes/upstash-redis-server`), Postgres, and memory.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use aura::platform::{
    config::HostOverrides,
    http::{Http, Request},
    limits::{LimitStore, MemoryStore, PostgresStore, RedisStore, UpstashStore},
};
use http::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpStream;

const TOKEN: &str = "token-of-the-test";
const EMULATOR: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/end2end/node_modules/@humanwhocodes/upstash-redis-server/dist/server.js");

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which some tests ask of it.
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

async fn listens(port: u16, what: &str) {
    for _ in 0..600 {
        if TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} is installed and does not run");
}

/// A Redis server of its own, which keeps nothing.
pub struct Redis {
    port: u16,
    folder: PathBuf,
    process: Option<Running>,
    open: tokio::sync::OnceCell<redis::aio::MultiplexedConnection>,
}

impl Redis {
    /// `None`, with a line that says so, where none is installed.
    #[expect(clippy::print_stdout, reason = "a judge that is absent says so in one line")]
    pub async fn start() -> Option<Self> {
        if Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_err() {
            println!("not run: limits in Redis (redis-server is not installed; scripts/setup test does it as root)");
            return None;
        }
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("aura-redis-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let mut redis = Self { port, folder, process: None, open: tokio::sync::OnceCell::new() };
        redis.up().await;
        Some(redis)
    }

    /// Starts it, at the same address as before.
    pub async fn up(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(Running(process));
        listens(self.port, "redis-server").await;
    }

    /// Ends it.
    pub fn down(&mut self) {
        self.process = None;
    }

    /// Lets it answer nothing for a while, as a server under load does.
    pub async fn stall(&self) {
        self.command(&["CLIENT", "PAUSE", "600000", "ALL"]).await;
    }

    /// Lets it refuse writes, as a replica does.
    pub async fn read_only(&self, yes: bool) {
        if yes {
            self.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
        } else {
            self.command(&["REPLICAOF", "NO", "ONE"]).await;
        }
    }

    /// One question over a connection that stays open.
    pub async fn ping(&self) {
        let connection = self.open.get_or_init(|| async {
            let client = redis::Client::open(self.url()).unwrap();
            client.get_multiplexed_async_connection().await.unwrap()
        });
        let _pong: String = redis::cmd("PING").query_async(&mut connection.await.clone()).await.unwrap();
    }

    /// What a command answers.
    pub async fn command(&self, words: &[&str]) -> redis::Value {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(word);
        }
        command.query_async(&mut connection).await.unwrap()
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn store(&self) -> Arc<dyn LimitStore> {
        Arc::new(RedisStore::new(&self.url().into()).unwrap())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process = None;
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

/// The REST server in front of a Redis server.
pub struct Upstash {
    port: u16,
    http: Http,
    _process: Running,
    /// Ends after the one in front of it.
    _redis: Redis,
}

impl Upstash {
    /// `None`, with a line that says so, where one of the two is not installed.
    #[expect(clippy::print_stdout, reason = "a judge that is absent says so in one line")]
    pub async fn start() -> Option<Self> {
        if !Path::new(EMULATOR).exists() {
            println!("not run: limits in Upstash (its emulator is not installed; scripts/setup test does it)");
            return None;
        }
        let redis = Redis::start().await?;
        let port = free_port();
        let process = Command::new("node")
            .arg(EMULATOR)
            .env("URS_TOKEN", TOKEN)
            .env("PORT", port.to_string())
            .env("REDIS_URL", redis.url())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let process = Running(process);
        listens(port, "the emulator of Upstash").await;
        aura::serve::install_tls();
        let http = Http::new(HostOverrides::default()).unwrap();
        Some(Self { port, http, _process: process, _redis: redis })
    }

    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("UPSTASH_REDIS_REST_URL", format!("http://127.0.0.1:{}", self.port)),
            ("UPSTASH_REDIS_REST_TOKEN", TOKEN.to_owned()),
        ]
    }

    /// One question over a connection that stays open.
    pub async fn ping(&self) {
        let url = format!("http://127.0.0.1:{}", self.port).parse().unwrap();
        let request = Request::new(Method::POST, url).bearer(TOKEN.into()).json(json!(["PING"])).quiet();
        assert!(self.http.send(request).await.unwrap().is_success());
    }

    pub fn store(&self) -> Arc<dyn LimitStore> {
        self.store_with(TOKEN)
    }

    pub fn store_with(&self, token: &str) -> Arc<dyn LimitStore> {
        let url = format!("http://127.0.0.1:{}", self.port).parse().unwrap();
        Arc::new(UpstashStore::new(self.http.clone(), url, token.into()))
    }
}

/// What a store runs on; it ends when this is dropped.
pub enum Kind {
    Memory(Arc<MemoryStore>),
    Postgres(PgPool),
    Redis(Redis),
    Upstash(Upstash),
}

impl Kind {
    /// All that can run here, by name.
    pub async fn all(db: &PgPool) -> Vec<(&'static str, Self)> {
        let mut all = vec![
            ("memory", Self::Memory(Arc::new(MemoryStore::new(10_000)))),
            ("postgres", Self::Postgres(db.clone())),
        ];
        all.extend(Redis::start().await.map(|redis| ("redis", Self::Redis(redis))));
        all.extend(Upstash::start().await.map(|upstash| ("upstash", Self::Upstash(upstash))));
        all
    }

    /// A store of one process; the stores of one kind share their windows.
    pub fn store(&self) -> Arc<dyn LimitStore> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Postgres(db) => Arc::new(PostgresStore::new(db.clone())),
            Self::Redis(redis) => redis.store(),
            Self::Upstash(upstash) => upstash.store(),
        }
    }

    /// Asks the least that can be asked; false where there is nobody to ask.
    pub async fn shortest_question(&self) -> bool {
        match self {
            Self::Memory(_) => return false,
            Self::Postgres(db) => drop(sqlx::query("select 1").execute(db).await.unwrap()),
            Self::Redis(redis) => redis.ping().await,
            Self::Upstash(upstash) => upstash.ping().await,
        }
        true
    }

    /// What a process is told to find it; memory is nothing that two processes share.
    pub fn variables(&self) -> Option<Vec<(&'static str, String)>> {
        match self {
            Self::Memory(_) => None,
            Self::Postgres(_) => Some(Vec::new()),
            Self::Redis(redis) => Some(vec![("REDIS_URL", redis.url())]),
            Self::Upstash(upstash) => Some(upstash.variables()),
        }
    }
}
