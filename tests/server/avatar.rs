//! Pictures of people.

use std::io::Cursor;

use axum::body::Body;
use futures::StreamExt as _;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::{browser::Browser, support::TestApp};

const MIRA: &str = "mira@example.com";
const UPLOAD: &str = "/api/account/picture";

struct Place {
    app: TestApp,
    browser: Browser,
    folder: TempDir,
}

/// What came back, with the body as it is.
struct Raw {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn code(&self) -> String {
        let value: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        value["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Place {
    async fn new(db: PgPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let app = Box::pin(TestApp::with(db, &[("FILES_DIR", path.as_str())])).await;
        let mut browser = Browser::new(&app);
        browser.sign_in(&app, MIRA).await;
        Self { app, browser, folder }
    }

    async fn send(&self, body: Body, kind: &str, accept: &str) -> Raw {
        self.app.clock().advance(time::Duration::seconds(10));
        let request = Request::post(UPLOAD)
            .header(header::HOST, "localhost:3000")
            .header(header::ORIGIN, "http://localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, format!("__Host-aura={}", self.browser.cookie("__Host-aura").unwrap_or_default()))
            .body(body)
            .unwrap();
        raw(&self.app, request).await
    }

    async fn upload(&self, file: &[u8], name: &str) -> Raw {
        self.send(Body::from(form("picture", file, name)), FORM, "application/json").await
    }

    async fn refused(&self, file: &[u8], name: &str) -> String {
        let answer = self.upload(file, name).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        assert!(self.files().is_empty(), "nothing is kept of what was refused");
        answer.code()
    }

    /// Where her picture is.
    async fn avatar(&mut self) -> Option<String> {
        let viewer: serde_json::Value = serde_json::from_str(&self.browser.viewer().await.unwrap()).unwrap();
        viewer["avatar"].as_str().map(str::to_owned)
    }

    async fn get(&self, address: &str) -> Raw {
        let request = Request::get(address).header(header::HOST, "localhost:3000").body(Body::empty()).unwrap();
        raw(&self.app, request).await
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        let inside = self.folder.path().join("avatars");
        std::fs::read_dir(inside).map(|files| files.map(|file| file.unwrap().path()).collect()).unwrap_or_default()
    }
}

const FORM: &str = "multipart/form-data; boundary=between";

fn form(field: &str, file: &[u8], name: &str) -> Vec<u8> {
    let mut body = format!(
        "--between\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--between--\r\n");
    body
}

async fn raw(app: &TestApp, request: Request<Body>) -> Raw {
    let (parts, body) = app.router().oneshot(request).await.unwrap().into_parts();
    Raw { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// Left half red, right half blue.
fn photo(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 { Rgb([200, 30, 30]) } else { Rgb([30, 30, 200]) }
    }))
}

/// A PNG that is nothing but a claim of its size.
fn claim(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend_from_slice(&width.to_be_bytes());
    head.extend_from_slice(&height.to_be_bytes());
    head.extend_from_slice(&[8, 2, 0, 0, 0]);
    let chunk = |kind_and_data: &[u8]| {
        let mut chunk = u32::try_from(kind_and_data.len() - 4).unwrap().to_be_bytes().to_vec();
        chunk.extend_from_slice(kind_and_data);
        chunk.extend_from_slice(&crc(kind_and_data).to_be_bytes());
        chunk
    };
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(&head), chunk(b"IDAT\x78\x9c\x03\x00\x00\x00\x00\x01"), chunk(b"IEND")]
        .concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[sqlx::test]
async fn a_picture_is_drawn_anew_and_served_as_one(db: PgPool) {
    let mut place = Place::new(db).await;
    assert_eq!(place.avatar().await, None);
    for (format, name) in [
        (ImageFormat::Png, "me.PNG"),
        (ImageFormat::Jpeg, "me.jpeg"),
        (ImageFormat::WebP, "me.webp"),
        (ImageFormat::Gif, "me.gif"),
        // Taken for what it is, not for what it is called.
        (ImageFormat::Png, "me.jpg"),
        (ImageFormat::Png, ""),
    ] {
        let answer = place.upload(&written(&photo(600, 400), format), name).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{format:?} {}", answer.code());
        let address = place.avatar().await.unwrap();
        let served = place.get(&address).await;
        assert_eq!((served.status, served.header("content-type")), (StatusCode::OK, "image/jpeg"), "{format:?}");
        assert_eq!(served.header("x-content-type-options"), "nosniff");
        assert_eq!(served.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(served.header("cache-control"), "public, max-age=31536000, immutable");
        let drawn = image::load_from_memory(&served.body).unwrap().to_rgb8();
        assert_eq!(drawn.dimensions(), (256, 256));
        assert!(drawn.get_pixel(20, 128).0[0] > 150 && drawn.get_pixel(235, 128).0[2] > 150, "the middle square");
    }
    let page = place.browser.get("/settings").await;
    let address = place.avatar().await.unwrap();
    assert!(page.text().contains(&format!("src=\"{address}\"")));
    // What shows through stays so.
    let ghost = DynamicImage::ImageRgba8(RgbaImage::from_pixel(50, 80, Rgba([9, 9, 9, 100])));
    place.upload(&written(&ghost, ImageFormat::Png), "ghost.png").await;
    let address = place.avatar().await.unwrap();
    let served = place.get(&address).await;
    assert_eq!(served.header("content-type"), "image/png");
    assert_eq!(image::load_from_memory(&served.body).unwrap().to_rgba8().get_pixel(1, 1).0[3], 100);
}

#[sqlx::test]
async fn the_old_file_goes_with_the_change(db: PgPool) {
    let mut place = Place::new(db).await;
    let file = written(&photo(40, 40), ImageFormat::Png);
    place.upload(&file, "a.png").await;
    let first = place.avatar().await.unwrap();
    place.upload(&file, "a.png").await;
    let second = place.avatar().await.unwrap();
    assert_ne!(first, second);
    aura::serve::jobs(place.app.state()).drain(place.app.db()).await.unwrap();
    assert_eq!(place.get(&first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(place.get(&second).await.status, StatusCode::OK);
    assert_eq!(place.files().len(), 1);
    let removed = place.browser.post_form("/api/account/picture/remove", &[]).await;
    assert_eq!((removed.status, removed.location()), (StatusCode::SEE_OTHER, "/settings?picture=removed"));
    aura::serve::jobs(place.app.state()).drain(place.app.db()).await.unwrap();
    assert_eq!((place.avatar().await, place.files().len()), (None, 0));
    assert_eq!(place.get(&second).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn pe_16_a_file_that_is_nobodys_is_swept_away(db: PgPool) {
    let mut place = Place::new(db).await;
    place.upload(&written(&photo(40, 40), ImageFormat::Png), "a.png").await;
    let address = place.avatar().await.unwrap();
    let account = place.app.state().account.clone();
    // Files carry the time of the machine, which the test's clock is far from; here it is long after that.
    place.app.clock().advance(time::Duration::days(40_000));
    assert_eq!(account.sweep_pictures().await.unwrap(), 0, "it is hers");
    assert_eq!(place.get(&address).await.status, StatusCode::OK);
    sqlx::query("delete from users").execute(place.app.db()).await.unwrap();
    assert_eq!(account.sweep_pictures().await.unwrap(), 1);
    assert!(place.files().is_empty());
}

#[sqlx::test]
async fn pe_12_what_is_no_picture_is_refused_by_its_content(db: PgPool) {
    let place = Place::new(db).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let page = b"<!doctype html><script>alert(1)</script>";
    for file in [&svg[..], page, b"%PDF-1.7", b"PK\x03\x04", b"GIF8", b"BM\0\0", b"II*\0", b"plain", &[0; 100]] {
        for name in ["me.png", "me.svg", "me.html", ""] {
            assert_eq!(place.refused(file, name).await, "picture_kind", "{name}");
        }
    }
    let png = written(&photo(10, 10), ImageFormat::Png);
    for name in ["me.svg", "me.html", "me.png.php", "me.js", "../me.sh"] {
        assert_eq!(place.refused(&png, name).await, "picture_kind", "{name}");
    }
    assert_eq!(place.refused(b"", "me.png").await, "picture_missing");
}

#[sqlx::test]
async fn pe_13_a_picture_that_is_something_else_too_is_refused(db: PgPool) {
    let place = Place::new(db).await;
    let png = written(&photo(10, 10), ImageFormat::Png);
    let gif = written(&photo(10, 10), ImageFormat::Gif);
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let jpeg = written(&photo(10, 10), ImageFormat::Jpeg);
    for more in [
        &b"<script>alert(1)</script>"[..],
        b"<HTML><body onload=alert(1)>",
        b"<!DOCTYPE html>",
        b"<?php system($_GET['c']); ?>",
        b"<svg onload=alert(1)>",
        zip,
    ] {
        for picture in [&png, &gif, &jpeg] {
            let both = [picture.as_slice(), more].concat();
            assert_eq!(place.refused(&both, "me.png").await, "picture_mixed");
        }
    }
    // In the middle of it: a comment of a GIF before its pixels.
    let comment = b"\x21\xfe\x19<script>alert(1)</script>\0";
    let head = 13 + 3 * (1 << ((gif[10] & 7) + 1)) * usize::from(gif[10] >> 7);
    let inside = [&gif[..head], comment, &gif[head..]].concat();
    assert_eq!(place.refused(&inside, "me.gif").await, "picture_mixed");
}

#[sqlx::test]
async fn pe_14_a_flood_of_pixels_is_not_unpacked(db: PgPool) {
    let place = Place::new(db).await;
    for (width, height) in [(65_000, 65_000), (8_000, 5_001), (40_000_001, 1), (u32::MAX >> 1, u32::MAX >> 1)] {
        assert_eq!(place.refused(&claim(width, height), "me.png").await, "picture_too_many_pixels", "{width}");
    }
    assert_eq!(place.refused(&claim(0, 10), "me.png").await, "picture_broken");
    assert_eq!(place.refused(&claim(100, 100), "me.png").await, "picture_broken", "it claims and does not bring");
    let png = written(&photo(100, 100), ImageFormat::Png);
    assert_eq!(place.refused(&png[..png.len() / 2], "me.png").await, "picture_broken");
}

#[sqlx::test]
async fn pe_15_a_file_that_is_too_large_is_refused_while_it_comes(db: PgPool) {
    let place = Place::new(db).await;
    let mut large = written(&photo(10, 10), ImageFormat::Png);
    large.resize(5 * 1024 * 1024 + 1, 0);
    let answer = place.upload(&large, "me.png").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "picture_too_large".into()));
    // Without an end: what is read is bounded.
    let chunk = vec![0_u8; 1024 * 1024];
    let head = form("picture", b"", "me.png");
    let head = head[..head.len() - 15].to_vec();
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counting = sent.clone();
    let endless = futures::stream::iter(std::iter::once(head).chain(std::iter::repeat(chunk))).map(move |chunk| {
        counting.fetch_add(chunk.len(), std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::io::Error>(chunk)
    });
    let answer = place.send(Body::from_stream(endless), FORM, "application/json").await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(sent.load(std::sync::atomic::Ordering::Relaxed) < 40 * 1024 * 1024);
    // Everywhere else the limit is the usual one.
    let other = Request::post("/api/account/picture/remove")
        .header(header::HOST, "localhost:3000")
        .header(header::ORIGIN, "http://localhost:3000")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, FORM)
        .body(Body::from(large))
        .unwrap();
    assert_eq!(raw(&place.app, other).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(place.files().is_empty());
}

#[sqlx::test]
async fn pe_11_nothing_of_the_file_is_kept(db: PgPool) {
    let mut place = Place::new(db).await;
    // A camera's notes: the picture lies on its side, and a place is named.
    let jpeg = written(&photo(300, 200), ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"canary-place 38.7223N 9.1393W");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let noted = [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat();
    assert_eq!(place.upload(&noted, "me.jpg").await.status, StatusCode::NO_CONTENT);
    let address = place.avatar().await.unwrap();
    let served = place.get(&address).await.body;
    let holds = |needle: &[u8]| served.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(b"canary") && !holds(b"Exif"));
    let drawn = image::load_from_memory(&served).unwrap().to_rgb8();
    assert!(drawn.get_pixel(128, 20).0[0] > 150 && drawn.get_pixel(128, 235).0[2] > 150, "it was turned upright first");
    let stored = std::fs::read(&place.files()[0]).unwrap();
    assert_eq!(stored, served);
}

#[sqlx::test]
async fn only_their_person_changes_a_picture_and_only_keys_of_ours_are_served(db: PgPool) {
    let mut place = Place::new(db).await;
    let file = written(&photo(40, 40), ImageFormat::Png);
    place.upload(&file, "a.png").await;
    let address = place.avatar().await.unwrap();
    let stranger = Place { browser: Browser::new(&place.app), ..place };
    assert_eq!(stranger.upload(&file, "a.png").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.get(&address).await.status, StatusCode::OK, "a picture is public");
    for wrong in ["/avatars/", "/avatars/..%2f..%2fetc%2fpasswd", "/avatars/x.png", "/avatars/%2e%2e", "/avatars/a/b"] {
        assert_eq!(stranger.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let unknown = format!("/avatars/{}.png", "0".repeat(32));
    assert_eq!(stranger.get(&unknown).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn a_plain_form_comes_back_to_its_page_with_a_sentence(db: PgPool) {
    let mut place = Place::new(db).await;
    let page = "text/html,application/xhtml+xml";
    let file = written(&photo(40, 40), ImageFormat::Png);
    let done = place.send(Body::from(form("picture", &file, "a.png")), FORM, page).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/settings?picture=changed"));
    assert!(place.browser.get("/settings?picture=changed").await.text().contains("Your new picture is in its place."));
    let refused = place.send(Body::from(form("picture", b"no", "a.png")), FORM, page).await;
    assert_eq!(refused.header("location"), "/settings?picture=picture_kind");
    let told = place.browser.get("/settings?picture=picture_kind").await;
    assert!(told.text().contains("This is no PNG, JPEG, WebP or GIF."));
    for (body, kind) in
        [(form("other", &file, "a.png"), FORM), (b"--between".to_vec(), FORM), (file.clone(), "image/png")]
    {
        let answer = place.send(Body::from(body), kind, "application/json").await;
        assert!(answer.status.is_client_error(), "{kind}");
    }
    let other_site = Request::post(UPLOAD)
        .header(header::HOST, "localhost:3000")
        .header(header::ORIGIN, "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, FORM)
        .header(header::COOKIE, format!("__Host-aura={}", place.browser.cookie("__Host-aura").unwrap()))
        .body(Body::from(form("picture", &file, "a.png")))
        .unwrap();
    assert_eq!(raw(&place.app, other_site).await.status, StatusCode::FORBIDDEN);
}
