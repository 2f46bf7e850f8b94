//! Cases of the suite that lie at an edge: pieces that fall badly, heads that come late, the last of what is allowed.

use std::{convert::Infallible, time::Duration};

use axum::body::{Body, Bytes};
use futures::{future::join_all, stream};
use http::{Method, StatusCode, header};
use image::ImageFormat;
use serde_json::json;
use uuid::Uuid;

use super::{
    place::{FILES, LARGEST, MEGABYTE, Place, pieces, raw},
    samples::{ARCHIVE_END, PAGE, PDF, numbers, picture, zip},
};

pub async fn run(place: &Place) {
    Box::pin(pieces_that_fall_badly(place)).await;
    Box::pin(late_heads(place)).await;
    Box::pin(last_of_the_room(place)).await;
    Box::pin(most_files(place)).await;
    Box::pin(shown(place)).await;
}

/// Sends a file in such pieces, without a size.
async fn in_pieces(place: &Place, name: &str, pieces: Vec<Vec<u8>>) -> (u16, serde_json::Value) {
    let pieces = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let answer = place.send(place.upload(name), Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()))).await;
    (answer.status.as_u16(), answer.value())
}

fn bytewise(content: &[u8]) -> Vec<Vec<u8>> {
    content.iter().map(|byte| vec![*byte]).collect()
}

async fn pieces_that_fall_badly(place: &Place) {
    let text = "a, é, €, 😀".as_bytes();
    let (status, file) = in_pieces(place, "letters.txt", bytewise(text)).await;
    place.case("letters across pieces", status, 201);
    let id = file["id"].as_str().unwrap();
    place.case("come back whole", place.content(id).await.body, text.to_vec());
    let mixed = [&picture(ImageFormat::Gif), PAGE].concat();
    let (status, refused) = in_pieces(place, "a.gif", bytewise(&mixed)).await;
    place.case("a page across pieces", (status, refused["code"].as_str()), (422, Some("file_mixed")));
    let (status, refused) = in_pieces(place, "a.txt", vec![b"a\xc3".to_vec(), b"b".to_vec()]).await;
    place.case("half a letter between pieces", (status, refused["code"].as_str()), (422, Some("file_not_text")));
    let (status, refused) = in_pieces(place, "a.zip", vec![zip(), PDF.to_vec(), zip()]).await;
    place.case("an archive that is a document", (status, refused["code"].as_str()), (422, Some("file_mixed")));
    for other in [PDF, ARCHIVE_END] {
        let sound = b"ID3\x04\0\0\0\0\0\0 a song ".to_vec();
        let (status, refused) = in_pieces(place, "a.mp3", vec![sound, other.to_vec()]).await;
        place.case("a song that is something else", (status, refused["code"].as_str()), (422, Some("file_mixed")));
    }
    place.empty().await;
}

/// A JPEG whose size stands behind what a camera wrote.
fn camera(side: Option<[u8; 2]>) -> Vec<u8> {
    let mut jpeg = picture(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|mark| mark[0] == 0xff && (0xc0..=0xc2).contains(&mark[1])).unwrap();
    if let Some(side) = side {
        jpeg[frame + 5..frame + 9].copy_from_slice(&[side, side].concat());
    }
    let written = [&[0xff, 0xe1, 0xff, 0xff][..], &vec![b'.'; 65_533]].concat();
    [&jpeg[..2], &written.repeat(5), &jpeg[2..]].concat()
}

async fn late_heads(place: &Place) {
    let chunks = |content: Vec<u8>| content.chunks(10_007).map(<[u8]>::to_vec).collect();
    place.case("a photograph", in_pieces(place, "a.jpg", chunks(camera(None))).await.0, 201);
    let (status, refused) = in_pieces(place, "b.jpg", chunks(camera(Some([0x3e, 0x80])))).await;
    place.case("a late flood of pixels", (status, refused["code"].as_str()), (422, Some("file_too_many_pixels")));
    place.settled(1).await;
    place.empty().await;
}

/// Both are asked for before either is let through, so that only taking turns keeps them apart.
async fn last_of_the_room(place: &Place) {
    for name in ["one.txt", "two.txt"] {
        place.kept(name, numbers(LARGEST)).await;
    }
    place.app.clock().advance(time::Duration::seconds(10));
    let mut held = place.app.db().begin().await.unwrap();
    let theirs = sqlx::query("select from users where id = $1 for update").bind(Uuid::from(place.mira.user));
    theirs.execute(&mut *held).await.unwrap();
    let both = ["a.txt", "b.txt"].map(|name| {
        let request = place.upload(name).header(header::CONTENT_LENGTH, 10 * MEGABYTE);
        raw(&place.app, request, Body::from_stream(pieces(&[b'a'; MEGABYTE], 10)))
    });
    let let_go = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        held.commit().await.unwrap();
    };
    let (answers, ()) = tokio::join!(join_all(both), let_go);
    let mut said: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    said.sort_unstable();
    place.case("two that wait for the last of the room", said, vec![201, 413]);
    place.settled(3).await;
    place.empty().await;
}

async fn most_files(place: &Place) {
    sqlx::query(
        "insert into files (id, user_id, key, name, media_type, size, digest, created_at, arrived_at)
         select gen_random_uuid(), $1, lpad(to_hex(n), 32, '0') || '/a.txt', 'a.txt', 'text/plain', 0,
                decode(repeat('00', 32), 'hex'), $2, $2
         from generate_series(1, 9999) n",
    )
    .bind(Uuid::from(place.mira.user))
    .bind(place.app.clock().now())
    .execute(place.app.db())
    .await
    .unwrap();
    place.case("the last of 10,000", place.keep("a.txt", "a").await.status, StatusCode::CREATED);
    place.case("one more", place.keep("b.txt", "b").await.said(), (409, "too_many_files".into()));
    sqlx::query("delete from files where size = 0").execute(place.app.db()).await.unwrap();
    place.empty().await;
}

async fn shown(place: &Place) {
    let id = place.kept("a.csv", numbers(100)).await;
    place.case("kept by nobody between", place.content(&id).await.header("cache-control"), "private, no-cache");
    place.ask(Method::DELETE, &format!("{FILES}/{id}")).await;
    let named = place.kept("Über \"mich\".txt", "text").await;
    place.case(
        "saved under its name",
        place.content(&named).await.header("content-disposition"),
        "attachment; filename=\"_ber _mich_.txt\"; filename*=UTF-8''%C3%9Cber%20_mich_.txt",
    );
    let noted: serde_json::Value =
        sqlx::query_scalar("select detail from audit_events where kind = 'file_deleted' order by id desc limit 1")
            .fetch_one(place.app.db())
            .await
            .unwrap();
    place.case("what was deleted is noted", noted, json!({ "file": "a.csv" }));
    place.empty().await;
}
