//! Uploaded files in a bucket, at an S3 server that nobody here wrote: PyPI's `moto`.

use std::{path::PathBuf, process::Stdio, time::Duration};

use aura::platform::{
    config::{BucketSettings, FileSettings, HostOverrides, Settings},
    files::{Files, Key},
    http::{Http, Request},
    random::Random,
};
use axum::body::Body;
use http::Method;
use http_body_util::BodyExt as _;
use sqlx::PgPool;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};
use tower::ServiceExt as _;
use url::Url;

use crate::{
    program::{Program, person_at},
    support::{TestApp, token_keys},
};

/// A Python that has the server: the one that setup made, or the machine's own.
async fn python() -> Option<PathBuf> {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.local/python/bin/python3"));
    for python in [own, "python3".into()] {
        let asked = Command::new(&python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status().await;
        if asked.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    None
}

/// The server, for as long as this is kept.
pub struct S3 {
    pub address: Url,
    http: Http,
    process: Child,
}

impl S3 {
    /// None where it is not installed.
    pub async fn start() -> Option<Self> {
        let python = python().await?;
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let process = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let s3 = Self { address, http: Http::new(HostOverrides::default()).unwrap(), process };
        for _ in 0..300 {
            if s3.http.send(Request::new(Method::GET, s3.address.clone())).await.is_ok() {
                return Some(s3);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("moto is installed and does not run");
    }

    pub async fn make(&self, bucket: &str) {
        let made = self.http.send(Request::new(Method::PUT, self.address.join(bucket).unwrap())).await.unwrap();
        assert_eq!(made.status, 200, "{bucket}");
    }

    /// How many objects are in a bucket, and uploads to it that have begun.
    pub async fn count(&self, bucket: &str) -> usize {
        let mut count = 0;
        for (question, mark) in [("list-type=2", "<Key>"), ("uploads", "<UploadId>")] {
            let address = self.address.join(&format!("{bucket}?{question}")).unwrap();
            let listed = self.http.send(Request::new(Method::GET, address)).await.unwrap();
            assert_eq!(listed.status, 200, "{question}");
            count += String::from_utf8_lossy(&listed.body).matches(mark).count();
        }
        count
    }

    fn files(&self, bucket: &str) -> Files {
        let settings = BucketSettings {
            bucket: bucket.into(),
            region: "us-east-1".into(),
            endpoint: Some(self.address.clone()),
            key_id: "AKIDEXAMPLE".into(),
            secret: "of no worth".into(),
        };
        Files::open(&FileSettings::Bucket(settings), &self.http).unwrap()
    }
}

#[tokio::test]
async fn fi_01_files_in_a_bucket_come_back_byte_for_byte_and_go() {
    aura::serve::install_tls();
    let Some(mut s3) = S3::start().await else {
        println!("not run: the S3 server that others wrote (python3 has no moto; scripts/setup test installs it)");
        return;
    };
    for bucket in ["go-api-files", "another-bucket"] {
        s3.make(bucket).await;
    }
    let (files, elsewhere) = (s3.files("go-api-files"), s3.files("another-bucket"));
    let random = Random::seeded(1);
    let (key, other) = (Key::new(&random, "avatars", "png"), Key::new(&random, "avatars", "jpg"));
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    files.put(&key, b"before".to_vec()).await.unwrap();
    files.put(&key, bytes.clone()).await.unwrap();
    assert!(files.get(&key).await.unwrap() == Some(bytes), "it came back as something else");
    assert_eq!(files.get(&other).await.unwrap(), None);
    assert_eq!(elsewhere.get(&key).await.unwrap(), None, "the bucket that is set counts");
    for _ in 0..2 {
        files.delete(&key).await.unwrap();
    }
    assert_eq!(files.get(&key).await.unwrap(), None);

    s3.process.kill().await.unwrap();
    let soon = tokio::time::timeout(Duration::from_secs(15), files.get(&key)).await.expect("it says so soon");
    assert!(soon.is_err(), "a store that is away is no missing file");
}

#[test]
fn fi_03_a_bucket_is_used_where_it_is_set_and_half_a_setting_is_refused() {
    let load = |changes: &[(&str, &str)]| {
        let keys = token_keys::pair();
        let usual = [
            ("AURA_ENV", "development"),
            ("DATABASE_URL", "postgres://localhost/aura"),
            ("AUTH_SECRET", "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwgc2VjcmV0IGF0IGFsbA"),
            ("JWT_PRIVATE_KEY_PATH", keys.private.as_str()),
            ("JWT_PUBLIC_KEY_PATH", keys.public.as_str()),
            ("AURA_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ];
        let all = usual.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::load(&all.collect()).map(|settings| settings.files).map_err(|errors| errors.to_string())
    };
    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let bucket = |changes: &[(&str, &str)]| match load(&[&KEYS, changes].concat()) {
        Ok(FileSettings::Bucket(settings)) => settings,
        Ok(FileSettings::Folder(_)) => panic!("a folder"),
        Err(error) => panic!("{error}"),
    };
    assert!(matches!(load(&[]), Ok(FileSettings::Folder(folder)) if folder.as_os_str() == ".local/files"));
    let usual = bucket(&[]);
    assert_eq!((usual.bucket.as_str(), usual.region.as_str(), usual.endpoint), ("go-api-files", "us-east-1", None));
    let other = bucket(&[
        ("S3_BUCKET_NAME", "mine"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://localhost:4566"),
    ]);
    assert_eq!((other.bucket.as_str(), other.region.as_str()), ("mine", "eu-west-1"));
    assert_eq!(other.endpoint.unwrap().as_str(), "http://localhost:4566/");
    for (changes, named) in [
        (vec![KEYS[0]], "AWS_SECRET_ACCESS_KEY"),
        (vec![KEYS[1]], "AWS_ACCESS_KEY_ID"),
        (vec![("S3_BUCKET_NAME", "mine")], "AWS_ACCESS_KEY_ID"),
        (vec![KEYS[0], KEYS[1], ("S3_BUCKET_NAME", "../mine")], "S3_BUCKET_NAME"),
        (vec![KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", "ftp://mine")], "AWS_ENDPOINT_URL"),
    ] {
        let error = load(&changes).err().unwrap_or_default();
        assert!(error.contains(named), "{changes:?}: {error}");
    }
    for (changes, named) in [
        (vec![("AWS_REGION", "../mine")], "AWS_REGION"),
        (vec![("AURA_ENV", "production"), ("AWS_ENDPOINT_URL", "http://storage.example")], "AWS_ENDPOINT_URL"),
    ] {
        let error = load(&[&KEYS, &changes[..]].concat()).err().unwrap_or_default();
        assert!(error.contains(named), "{changes:?}: {error}");
    }
    let sealed =
        load(&[&KEYS[..], &[("AURA_ENV", "production"), ("AWS_ENDPOINT_URL", "https://storage.example")]].concat());
    assert!(!sealed.err().unwrap_or_default().contains("AWS_ENDPOINT_URL"));
}

#[sqlx::test]
async fn fi_04_with_its_bucket_away_only_what_needs_a_file_says_so(db: PgPool) {
    // Nothing listens where the test's hosts are found.
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "of no worth")];
    let app = TestApp::with(db, &keys).await;
    let get = async |address: &str| {
        let request = http::Request::get(address).header(http::header::HOST, "localhost:3000").body(Body::empty());
        let answer = app.router().oneshot(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8_lossy(&answer.into_body().collect().await.unwrap().to_bytes()).into_owned())
    };
    let (status, body) = get("/avatars/0123456789abcdef0123456789abcdef.png").await;
    assert!(status == 503 && body.contains("files_unavailable"), "{status} {body}");
    for address in ["/readyz", "/signin"] {
        assert_eq!(get(address).await.0, 200, "{address}");
    }

    // A file that cannot be kept leaves nothing; one that cannot be read is not missing.
    let (user, _) = person_at(&app, "mira@example.com").await;
    let mira = Program::new(&app, user).await;
    let ask = async |method: &str, path: &str, body: &'static str| {
        let request = http::Request::builder().method(method).uri(path).header(http::header::HOST, "localhost:3000");
        let request = request.header(http::header::AUTHORIZATION, format!("Bearer {}", mira.access));
        let answer = app.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body: serde_json::Value =
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let away = (503, "files_unavailable".to_owned());
    assert_eq!(ask("POST", "/api/v1/files?name=a.txt", "text").await, away);
    for _ in 0..500 {
        let rows: i64 = sqlx::query_scalar("select count(*) from files").fetch_one(app.db()).await.unwrap();
        if rows == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into files (id, user_id, key, name, media_type, size, digest, created_at, arrived_at)
         select gen_random_uuid(), $1, repeat('0', 32) || '/a.txt', 'a.txt', 'text/plain', 4,
                decode(repeat('00', 32), 'hex'), $2, $2
         where not exists (select from files) returning id",
    )
    .bind(uuid::Uuid::from(user))
    .bind(app.clock().now())
    .fetch_one(app.db())
    .await
    .expect("nothing is left of what was not kept");
    assert_eq!(ask("GET", &format!("/api/v1/files/{id}/content"), "").await, away);
}
