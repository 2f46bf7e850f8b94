//! A person with an app and a browser, and what the file store holds of theirs.

use std::{convert::Infallible, net::SocketAddr, path::Path, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::ConnectInfo,
};
use futures::{Stream, stream};
use http::{HeaderMap, Method, Request, StatusCode, header, request::Builder};
use http_body_util::BodyExt as _;
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::{
    browser::Browser,
    bucket::S3,
    program::{Program, person_at},
    support::TestApp,
};

pub const FILES: &str = "/api/v1/files";
pub const MEGABYTE: usize = 1024 * 1024;
pub const LARGEST: usize = 24 * MEGABYTE;

/// Where the files lie.
pub enum Store {
    Folder(TempDir),
    Bucket(Box<S3>),
}

/// What came back, with the body as it is.
pub struct Raw {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn value(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The status and the code.
    pub fn said(&self) -> (u16, String) {
        (self.status.as_u16(), self.value()["code"].as_str().unwrap_or_default().to_owned())
    }
}

pub struct Place {
    pub app: TestApp,
    pub mira: Program,
    pub browser: Browser,
    pub jonas: Program,
    pub store: Store,
    cases: std::cell::Cell<usize>,
}

const BUCKET: &str = "go-api-files";

impl Place {
    pub async fn in_folder(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        Box::pin(Self::new(db, &[("FILES_DIR", path.as_str())], Store::Folder(folder))).await
    }

    /// At the S3 server that others wrote; none where it is not installed.
    pub async fn in_bucket(db: PgPool) -> Option<Self> {
        let s3 = Box::new(S3::start().await?);
        s3.make(BUCKET).await;
        let endpoint = s3.address.to_string();
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "of no worth"),
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ];
        Some(Box::pin(Self::new(db, &variables, Store::Bucket(s3))).await)
    }

    async fn new(db: PgPool, variables: &[(&str, &str)], store: Store) -> Self {
        let limits = [("FILES_LARGEST_MB", "24"), ("FILES_QUOTA_MB", "64")];
        let app = Box::pin(TestApp::with(db, &[variables, &limits].concat())).await;
        let (user, browser) = person_at(&app, "mira@example.com").await;
        let mira = Program::new(&app, user).await;
        let (other, _) = person_at(&app, "jonas@example.com").await;
        let jonas = Program::new(&app, other).await;
        Self { app, mira, browser, jonas, store, cases: std::cell::Cell::default() }
    }

    /// Counts a case; what it found must be what was expected.
    pub fn case<T: PartialEq + std::fmt::Debug>(&self, what: &str, found: T, expected: T) {
        assert_eq!(found, expected, "{what}");
        self.cases.set(self.cases.get() + 1);
    }

    pub fn cases(&self) -> usize {
        self.cases.get()
    }

    pub async fn send(&self, request: Builder, body: Body) -> Raw {
        // The general limit is another test's.
        self.app.clock().advance(time::Duration::seconds(2));
        raw(&self.app, request, body).await
    }

    pub fn upload(&self, name: &str) -> Builder {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("name", name).finish();
        by(&self.mira, Method::POST, &format!("{FILES}?{query}"))
    }

    /// Keeps a file whose size is announced.
    pub async fn keep(&self, name: &str, content: impl Into<Vec<u8>>) -> Raw {
        let content = content.into();
        let request = self.upload(name).header(header::CONTENT_LENGTH, content.len());
        self.send(request, Body::from(content)).await
    }

    /// The id of a file that is kept.
    pub async fn kept(&self, name: &str, content: impl Into<Vec<u8>>) -> String {
        let kept = self.keep(name, content).await;
        assert_eq!(kept.status, StatusCode::CREATED, "{name}: {:?}", kept.said());
        kept.value()["id"].as_str().unwrap().to_owned()
    }

    /// Asks for something as Mira.
    pub async fn ask(&self, method: Method, path: &str) -> Raw {
        self.send(by(&self.mira, method, path), Body::empty()).await
    }

    pub async fn content(&self, id: &str) -> Raw {
        self.ask(Method::GET, &format!("{FILES}/{id}/content")).await
    }

    pub async fn part(&self, id: &str, range: &str) -> Raw {
        let request = by(&self.mira, Method::GET, &format!("{FILES}/{id}/content")).header(header::RANGE, range);
        self.send(request, Body::empty()).await
    }

    /// How many things lie in the store, whole or not.
    pub async fn stored(&self) -> usize {
        match &self.store {
            Store::Folder(folder) => count(&folder.path().join("files")),
            Store::Bucket(s3) => s3.count(BUCKET).await,
        }
    }

    /// How many rows there are, of files that are here or on their way.
    pub async fn rows(&self) -> usize {
        let count: i64 = sqlx::query_scalar("select count(*) from files").fetch_one(self.app.db()).await.unwrap();
        usize::try_from(count).unwrap()
    }

    /// Waits until nothing of a file is left that did not arrive.
    pub async fn settled(&self, files: usize) {
        for _ in 0..1_000 {
            if self.rows().await == files && self.stored().await == files {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} rows and {} files instead of {files}", self.rows().await, self.stored().await);
    }

    /// Deletes all of Mira's files, and lets the work of that be done.
    pub async fn empty(&self) {
        loop {
            let listed = self.ask(Method::GET, &format!("{FILES}?limit=100")).await.value();
            let files = listed["items"].as_array().unwrap().clone();
            if files.is_empty() {
                break;
            }
            for file in files {
                let gone = self.ask(Method::DELETE, &format!("{FILES}/{}", file["id"].as_str().unwrap())).await;
                assert_eq!(gone.status, StatusCode::NO_CONTENT);
            }
        }
        self.work().await;
        self.settled(0).await;
    }

    pub async fn work(&self) {
        aura::serve::jobs(self.app.state()).drain(self.app.db()).await.unwrap();
    }
}

/// A request of a program.
pub fn by(program: &Program, method: Method, path: &str) -> Builder {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:3000");
    if program.access.is_empty() {
        return request;
    }
    request.header(header::AUTHORIZATION, format!("Bearer {}", program.access))
}

pub async fn raw(app: &TestApp, request: Builder, body: Body) -> Raw {
    let mut request = request.body(body).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 50_000))));
    let (parts, body) = app.router().oneshot(request).await.unwrap().into_parts();
    Raw { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}

/// The same piece, so often.
pub fn pieces(piece: &[u8], times: usize) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let piece = Bytes::copy_from_slice(piece);
    stream::iter((0..times).map(move |_| Ok(piece.clone())))
}

fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { count(&path) } else { 1 }
        })
        .sum()
}
