//! What every file store must do, case by case. It is the same for a folder and for a bucket.

use std::{convert::Infallible, io::Error as IoError};

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, future::join_all, stream};
use http::{Method, StatusCode, header};
use image::ImageFormat;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    place::{FILES, LARGEST, MEGABYTE, Place, by, pieces, raw},
    samples::{ARCHIVE_END, PAGE, PDF, SVG, flood, numbers, picture, png, zip},
};

pub async fn run(place: &Place) {
    Box::pin(kept(place)).await;
    Box::pin(names(place)).await;
    Box::pin(kinds(place)).await;
    Box::pin(sizes(place)).await;
    Box::pin(reading(place)).await;
    Box::pin(owners(place)).await;
    Box::pin(addresses(place)).await;
    Box::pin(deleting(place)).await;
}

async fn kept(place: &Place) {
    let png = png();
    let answer = place.keep("Über mich.png", png.clone()).await;
    place.case("a picture is kept", answer.status, StatusCode::CREATED);
    let file = answer.value();
    let id = file["id"].as_str().unwrap();
    place.case("it says where it is", answer.header("location"), &format!("{FILES}/{id}"));
    place.case("it has its name", &file["name"], &json!("Über mich.png"));
    place.case("its type", &file["media_type"], &json!("image/png"));
    place.case("its size", &file["size"], &json!(png.len()));
    place.case("its digest", &file["sha256"], &json!(hex::encode(Sha256::digest(&png))));
    let key = file["key"].as_str().unwrap().split_once('/').unwrap();
    place.case("its key is a part made here and its name", (key.0.len(), key.1), (32, "ber-mich.png"));
    place.case("it comes back byte for byte", place.content(id).await.body, png);
    place.case("it is described", place.ask(Method::GET, &format!("{FILES}/{id}")).await.value(), file.clone());

    let empty = place.kept("nothing.txt", "").await;
    place.case("an empty text is a file", place.content(&empty).await.body, Vec::new());
    let large = numbers(20 * MEGABYTE + 7);
    let long = place.kept("numbers.csv", large.clone()).await;
    place.case("20 MB come back byte for byte", place.content(&long).await.body == large, true);
    let request = place.upload("stream.csv");
    let body =
        large.chunks(100_003).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect::<Vec<_>>();
    let streamed = place.send(request, Body::from_stream(stream::iter(body))).await;
    place.case("so does what comes in pieces of no announced size", streamed.status, StatusCode::CREATED);
    place.case("and it is the same", &streamed.value()["sha256"], &json!(hex::encode(Sha256::digest(&large))));

    let listed = place.ask(Method::GET, &format!("{FILES}?limit=3")).await.value();
    let shown: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    place.case("the newest stand first", shown, vec!["stream.csv", "numbers.csv", "nothing.txt"]);
    let next = format!("{FILES}?cursor={}", listed["next_cursor"].as_str().unwrap());
    place.case("the next page follows", place.ask(Method::GET, &next).await.value()["items"][0].clone(), file);
    place.empty().await;
}

async fn names(place: &Place) {
    for (sent, name) in [
        ("../../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("%2e%2e%2f%2e%2e%2fa.txt", "a.txt"),
        ("%252e%252e%252fb.txt", "b.txt"),
        ("/etc/c.txt", "c.txt"),
        ("evil.html\0.txt", "txt"),
        ("a\r\nSet-Cookie: b=c.txt", "a Set-Cookie_ b=c.txt"),
        ("photo\u{202e}gnp.txt", "photognp.txt"),
        (".d.txt", "d.txt"),
    ] {
        let answer = place.keep(sent, "text").await;
        if name == "txt" {
            place.case(sent, answer.said(), (422, "file_extension_missing".into()));
            continue;
        }
        let file = answer.value();
        place.case(sent, file["name"].as_str(), Some(name));
        let key = file["key"].as_str().unwrap();
        assert!(key.split('/').count() == 2 && !key.contains("..") && !key.contains('%'), "{key}");
        let saved = place.content(file["id"].as_str().unwrap()).await;
        let disposition = saved.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
    }
    for nothing in ["..", "///", " ", "\u{200b}"] {
        place.case(nothing, place.keep(nothing, "text").await.said(), (422, "file_name_missing".into()));
    }
    for (what, name, refused, field) in [
        ("no extension", "README", (422, "file_extension_missing"), "name"),
        ("an extension that is not taken", "a.html", (415, "file_kind_not_taken"), "file"),
        ("no name", "..", (422, "file_name_missing"), "name"),
    ] {
        let answer = place.keep(name, "text").await;
        place.case(what, answer.said(), (refused.0, refused.1.to_owned()));
        place.case("and what of it is wrong", &answer.value()["field"], &json!(field));
    }
    let long = place.keep(&format!("{}.txt", "n".repeat(600)), "text").await.value();
    place.case("a long name keeps its extension", long["name"].as_str().unwrap().len(), 200);
    place.empty().await;
}

async fn kinds(place: &Place) {
    let differs = || (422, "file_kind_differs".to_owned());
    let mixed = || (422, "file_mixed".to_owned());
    let not_taken = || (415, "file_kind_not_taken".to_owned());
    let (png, gif) = (png(), picture(ImageFormat::Gif));
    let page_in = |picture: &[u8]| [picture, PAGE].concat();
    for (what, name, content, refused) in [
        ("SVG as a picture", "a.png", SVG.to_vec(), differs()),
        ("a page as a picture", "a.jpg", PAGE.to_vec(), differs()),
        ("an SVG", "a.svg", SVG.to_vec(), not_taken()),
        ("a page", "a.html", PAGE.to_vec(), not_taken()),
        ("a page under two extensions", "a.png.html", png.clone(), not_taken()),
        ("a program", "a.exe", b"MZ".to_vec(), not_taken()),
        ("a PNG as JPEG", "a.jpg", png.clone(), differs()),
        ("a PNG as text", "a.txt", png.clone(), (422, "file_not_text".into())),
        ("a page as text", "a.txt", PAGE.to_vec(), differs()),
        ("nothing as a picture", "a.png", Vec::new(), differs()),
        ("half a head of a picture", "a.png", png[..20].to_vec(), differs()),
        ("a picture with a page behind it", "a.png", page_in(&png), mixed()),
        ("a GIF with an archive behind it", "a.gif", [&gif, ARCHIVE_END].concat(), mixed()),
        ("a JPEG with a document behind it", "a.jpg", [&picture(ImageFormat::Jpeg), PDF].concat(), mixed()),
        ("a document that is an archive", "a.pdf", [PDF, ARCHIVE_END].concat(), mixed()),
        ("no UTF-8 as text", "a.txt", vec![b'a', 0xff, b'b'], (422, "file_not_text".into())),
        ("a letter cut off", "a.txt", vec![b'a', 0xc3], (422, "file_not_text".into())),
        ("zeros as text", "a.txt", b"a\0b".to_vec(), (422, "file_not_text".into())),
        ("a flood of pixels", "a.gif", flood(), (422, "file_too_many_pixels".into())),
    ] {
        place.case(what, place.keep(name, content).await.said(), refused);
    }
    place.settled(0).await;
    let called = async |media_type: &str| {
        let request = place.upload("a.png").header(header::CONTENT_TYPE, media_type);
        place.send(request, Body::from(png.clone())).await.said()
    };
    place.case("a PNG that is called a page", called("text/html").await, (415, "file_type_differs".into()));
    place.case("a PNG that is called one", called("image/png").await.0, 201);
    place.case("a PNG that is called anything", called("application/octet-stream").await.0, 201);
    for (name, content) in [("a.pdf", PDF.to_vec()), ("a.zip", zip()), ("a.json", b"{}".to_vec()), ("a.webp", webp())] {
        place.case(name, place.keep(name, content).await.status, StatusCode::CREATED);
    }
    place.empty().await;
}

fn webp() -> Vec<u8> {
    picture(ImageFormat::WebP)
}

async fn sizes(place: &Place) {
    let announced = place.upload("a.txt").header(header::CONTENT_LENGTH, LARGEST + 1);
    let unread = Body::from_stream(stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, Infallible>>> {
        panic!("what is announced as too large is not read")
    }));
    place.case("announced as too large", place.send(announced, unread).await.said(), (413, "file_too_large".into()));
    let endless = Body::from_stream(pieces(&[b'a'; 65_536], usize::MAX));
    let answer = place.send(place.upload("a.txt"), endless).await;
    place.case("without an end", answer.said(), (413, "file_too_large".into()));
    place.settled(0).await;

    for name in ["one.txt", "two.txt"] {
        place.kept(name, numbers(LARGEST)).await;
    }
    let no_room = || (413, "file_quota".to_owned());
    place.case("more than is left", place.keep("three.txt", numbers(17 * MEGABYTE)).await.said(), no_room());
    let stream = Body::from_stream(pieces(&[b'a'; MEGABYTE], 20));
    place.case("more than is left, in pieces", place.send(place.upload("a.txt"), stream).await.said(), no_room());
    place.settled(2).await;
    place.app.clock().advance(time::Duration::seconds(10));
    let both = ["a.txt", "b.txt"].map(|name| {
        let request = place.upload(name).header(header::CONTENT_LENGTH, 10 * MEGABYTE);
        raw(&place.app, request, Body::from_stream(pieces(&[b'a'; MEGABYTE], 10)))
    });
    let mut said: Vec<u16> = join_all(both).await.iter().map(|answer| answer.status.as_u16()).collect();
    said.sort_unstable();
    place.case("two at once for the last of the room", said, vec![201, 413]);
    place.settled(3).await;
    place.empty().await;

    let begun = stream::iter((0..10).map(|_| Ok(Bytes::from_static(&[b'a'; MEGABYTE]))));
    let breaks = begun.chain(stream::iter([Err(IoError::other("gone"))]));
    let answer = place.send(place.upload("a.txt"), Body::from_stream(breaks)).await;
    place.case("what breaks off", answer.said(), (400, "upload_incomplete".into()));
    place.settled(0).await;

    // Four that have begun and send nothing more, and a fifth.
    place.app.clock().advance(time::Duration::seconds(10));
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let begun = pieces(&[b'a'; MEGABYTE], 8).chain(stream::pending());
            let request = place.upload("a.txt").header(header::CONTENT_LENGTH, 10 * MEGABYTE);
            let app = place.app.router();
            let mut request = request.body(Body::from_stream(begun)).unwrap();
            request
                .extensions_mut()
                .insert(axum::extract::ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 7], 1))));
            tokio::spawn(tower::ServiceExt::oneshot(app, request))
        })
        .collect();
    for _ in 0..1_000 {
        if place.rows().await == 4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let fifth = place.keep("b.txt", "text").await;
    place.case("a fifth at once", fifth.said(), (429, "too_many_uploads".into()));
    place.case("it may come later", fifth.header("retry-after"), "5");
    place.case(
        "nobody is shown what has not arrived",
        place.ask(Method::GET, FILES).await.value()["items"].clone(),
        json!([]),
    );
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    place.settled(0).await;
    place.case("whose sender is gone leaves nothing", place.keep("b.txt", "text").await.status, StatusCode::CREATED);
    place.empty().await;
}

async fn reading(place: &Place) {
    let content = numbers(14 * MEGABYTE);
    let id = place.kept("a.csv", content.clone()).await;
    let whole = place.content(&id).await;
    for (name, value) in [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-length", &content.len().to_string()),
        ("content-disposition", "attachment; filename=\"a.csv\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("accept-ranges", "bytes"),
    ] {
        place.case(name, whole.header(name), value);
    }
    let end = content.len();
    for (range, part) in [
        ("bytes=0-9", 0..10),
        ("bytes=5242800-5242900", 5_242_800..5_242_901),
        (&*format!("bytes={}-", end - 5), end - 5..end),
        ("bytes=-7", end - 7..end),
        (&*format!("bytes=10-{}", end + 100), 10..end),
    ] {
        let answer = place.part(&id, range).await;
        let told = format!("bytes {}-{}/{end}", part.start, part.end - 1);
        place.case(range, (answer.status.as_u16(), answer.header("content-range")), (206, &*told));
        assert!(answer.body == content[part], "{range}");
    }
    let beyond = place.part(&id, &format!("bytes={end}-")).await;
    place.case("beyond the end", beyond.said(), (416, "range_not_satisfiable".into()));
    place.case("it says how much there is", beyond.header("content-range"), &format!("bytes */{end}"));
    for odd in ["bytes=0-1,5-6", "lines=1-2", "bytes=a-b"] {
        place.case(odd, place.part(&id, odd).await.status, StatusCode::OK);
    }
    let get = || by(&place.mira, Method::GET, &format!("{FILES}/{id}/content"));
    let tag = whole.header("etag");
    let known = place.send(get().header(header::IF_NONE_MATCH, tag), Body::empty()).await;
    place.case("what is known is not sent again", (known.status.as_u16(), known.body.len()), (304, 0));
    for (seen, status) in [(tag, 206), ("\"another\"", 200)] {
        let request = get().header(header::RANGE, "bytes=0-1").header(header::IF_RANGE, seen);
        place.case("a part of what was seen", place.send(request, Body::empty()).await.status.as_u16(), status);
    }
    let head = place.ask(Method::HEAD, &format!("{FILES}/{id}/content")).await;
    let found = (head.status.as_u16(), head.header("content-length").to_owned(), head.body.len());
    place.case("its head", found, (200, end.to_string(), 0));
    place.empty().await;
}

async fn owners(place: &Place) {
    let id = place.kept("mine.txt", "mine").await;
    for (method, path) in [
        (Method::GET, format!("{FILES}/{id}")),
        (Method::GET, format!("{FILES}/{id}/content")),
        (Method::DELETE, format!("{FILES}/{id}")),
    ] {
        let answer = place.send(by(&place.jonas, method.clone(), &path), Body::empty()).await;
        place.case(&format!("{method} of another"), answer.said(), (404, "not_found".into()));
    }
    let address = place.jonas.send("POST", &format!("{FILES}/{id}/address"), Some(&json!({}))).await;
    place.case("an address of another", (address.status.as_u16(), address.code()), (404, "not_found".into()));
    place.case("their list", place.jonas.get(FILES).await.value()["items"].clone(), json!([]));
    let nobody = place.mira.showing("");
    let answer = place.send(by(&nobody, Method::GET, &format!("{FILES}/{id}/content")), Body::empty()).await;
    place.case("nobody", answer.status.as_u16(), 401);
    let made = json!({ "name": "reader", "scopes": ["files:read"] });
    let key = place.mira.send("POST", "/api/v1/api-keys", Some(&made)).await.value()["key"].clone();
    let reader = place.mira.showing(key.as_str().unwrap());
    let read = place.send(by(&reader, Method::GET, &format!("{FILES}/{id}/content")), Body::empty()).await;
    place.case("a key that reads", read.status.as_u16(), 200);
    let write = place.send(by(&reader, Method::DELETE, &format!("{FILES}/{id}")), Body::empty()).await;
    place.case("and writes nothing", write.said(), (403, "scope_missing".into()));
    place.empty().await;
}

async fn addresses(place: &Place) {
    let id = place.kept("shared.txt", "shared text").await;
    let path = format!("{FILES}/{id}/address");
    let made = place.mira.send("POST", &path, Some(&json!({ "seconds": 60 }))).await.value();
    let address = made["url"].as_str().unwrap().strip_prefix("http://localhost:3000").unwrap().to_owned();
    let nobody = place.mira.showing("");
    let open = async |address: &str| place.send(by(&nobody, Method::GET, address), Body::empty()).await;
    let opened = open(&address).await;
    place.case("it opens without a token", (opened.status.as_u16(), &opened.body[..]), (200, &b"shared text"[..]));
    place.case("to be saved", opened.header("content-security-policy"), "default-src 'none'; sandbox");
    let part = by(&nobody, Method::GET, &address).header(header::RANGE, "bytes=7-10");
    place.case("in parts as well", place.send(part, Body::empty()).await.body, b"text".to_vec());
    let other = place.app.second_process().await;
    let there = raw(&other, by(&nobody, Method::GET, &address), Body::empty()).await;
    place.case("at another process", there.status.as_u16(), 200);
    place.case(
        "not to be written to",
        place.send(by(&nobody, Method::DELETE, &address), Body::empty()).await.status.as_u16(),
        405,
    );
    let begins = "/files/".len();
    for at in begins..address.len() {
        let letter = address.as_bytes()[at];
        let another = if letter == b'0' { '1' } else { '0' };
        let changed = format!("{}{another}{}", &address[..at], &address[at + 1..]);
        let refused = raw(&place.app, by(&nobody, Method::GET, &changed), Body::empty()).await;
        assert_eq!(refused.said(), (403, "address_invalid".into()), "{changed}");
    }
    place.case("with a letter changed", (), ());
    let another = place.kept("other.txt", "other").await;
    let foreign = open(&address.replace(&id, &another)).await;
    place.case("for another file", foreign.said(), (403, "address_invalid".into()));
    for seconds in [0, 301] {
        let refused = place.mira.send("POST", &path, Some(&json!({ "seconds": seconds }))).await;
        place.case("for too long", (refused.status.as_u16(), refused.code()), (422, "seconds_invalid".into()));
    }
    place.app.clock().advance(time::Duration::minutes(1));
    place.case("after its time", open(&address).await.said(), (403, "address_expired".into()));
    let again = place.mira.send("POST", &path, Some(&json!({}))).await.value();
    let again = again["url"].as_str().unwrap().strip_prefix("http://localhost:3000").unwrap().to_owned();
    place.case("another one", open(&again).await.status.as_u16(), 200);
    place.ask(Method::DELETE, &format!("{FILES}/{id}")).await;
    place.case("of a deleted file", open(&again).await.said(), (404, "not_found".into()));
    place.empty().await;
}

async fn deleting(place: &Place) {
    let id = place.kept("a.txt", numbers(LARGEST)).await;
    place.case("it lies in the store", place.stored().await, 1);
    let path = format!("{FILES}/{id}");
    place.case("it is deleted", place.ask(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    place.case("it is not read again", place.content(&id).await.said(), (404, "not_found".into()));
    place.case("a second time harms nothing", place.ask(Method::DELETE, &path).await.said(), (404, "not_found".into()));
    place.work().await;
    place.case("it is gone from the store", place.stored().await, 0);
    place.case(
        "a job of it done twice harms nothing",
        place.app.state().user_files.discard("0123456789abcdef0123456789abcdef/a.txt").await.is_ok(),
        true,
    );
    for name in ["a.txt", "b.txt"] {
        place.kept(name, numbers(LARGEST)).await;
    }
    place.empty().await;
    place.case("its room is given back", place.keep("a.txt", numbers(LARGEST)).await.status, StatusCode::CREATED);
    place.empty().await;
}
