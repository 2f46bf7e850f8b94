//! Files that people keep here.

mod corners;
mod place;
pub mod samples;
mod suite;

use aura::platform::jobs::JobTable;
use http::{Method, StatusCode, header};
use sqlx::PgPool;
use time::Duration;
use tokio_util::sync::CancellationToken;

use axum::body::Body;

use self::place::{FILES, MEGABYTE, Place, Store};

#[sqlx::test]
async fn fi_05_files_on_this_machine_come_go_and_are_refused_as_they_should(db: PgPool) {
    let place = Box::pin(Place::in_folder(db)).await;
    Box::pin(suite::run(&place)).await;
    Box::pin(corners::run(&place)).await;
    assert!(place.cases() >= 60, "{}", place.cases());
}

#[sqlx::test]
async fn fi_06_files_in_a_bucket_come_go_and_are_refused_in_the_same_way(db: PgPool) {
    aura::serve::install_tls();
    let Some(place) = Box::pin(Place::in_bucket(db)).await else {
        println!("not run: the S3 server that others wrote (python3 has no moto; scripts/setup test installs it)");
        return;
    };
    Box::pin(suite::run(&place)).await;
    Box::pin(corners::run(&place)).await;
    assert!(place.cases() >= 60, "{}", place.cases());
}

#[sqlx::test]
async fn fi_07_whoever_leaves_leaves_no_file(db: PgPool) {
    let place = Box::pin(Place::in_folder(db)).await;
    for number in 0..3 {
        place.kept(&format!("{number}.txt"), "mine").await;
    }
    let theirs = place.jonas.clone();
    let request = place::by(&theirs, Method::POST, &format!("{FILES}?name=a.txt"));
    assert_eq!(place.send(request, Body::from("his")).await.status, StatusCode::CREATED);
    let address = place.mira.get(FILES).await.value()["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{FILES}/{address}/address");
    let made = place.mira.send("POST", &path, Some(&serde_json::json!({}))).await.value();
    let open = made["url"].as_str().unwrap().strip_prefix("http://localhost:3000").unwrap().to_owned();
    assert_eq!(place.ask(Method::GET, &open).await.status, StatusCode::OK);
    let left = place.mira.delete("/api/v1/users/me").await;
    assert_eq!(left.status, StatusCode::ACCEPTED, "{}", left.text());
    assert_eq!(
        place.ask(Method::GET, &open).await.status,
        StatusCode::NOT_FOUND,
        "in the week in which it can be undone"
    );
    assert_eq!(place.stored().await, 4);
    place.app.clock().advance(Duration::days(8));
    assert_eq!(place.app.state().departures.sweep().await.unwrap(), 1);
    place.settled(1).await;
}

#[sqlx::test]
async fn fi_08_what_a_killed_process_left_is_swept_away(db: PgPool) {
    let place = Box::pin(Place::in_folder(db)).await;
    let Store::Folder(folder) = &place.store else { unreachable!() };
    let kept = place.kept("kept.txt", "mine").await;
    let begun = ("0123456789abcdef0123456789abcdef", "begun.txt");
    let orphan = ("fedcba9876543210fedcba9876543210", "orphan.txt");
    for ((made, _), name) in [(begun, "begun.txt#1"), (orphan, "orphan.txt")] {
        let within = folder.path().join("files").join(made);
        std::fs::create_dir_all(&within).unwrap();
        std::fs::write(within.join(name), "left").unwrap();
    }
    sqlx::query(
        "insert into files (id, user_id, key, name, media_type, size, created_at)
         values (gen_random_uuid(), $4, $1, $2, 'text/plain', 1000, $3)",
    )
    .bind(format!("{}/{}", begun.0, begun.1))
    .bind(begun.1)
    .bind(place.app.clock().now())
    .bind(uuid::Uuid::from(place.mira.user))
    .execute(place.app.db())
    .await
    .unwrap();
    let files = place.app.state().user_files.clone();
    files.sweep().await.unwrap();
    assert_eq!(place.rows().await, 2, "it may still be on its way");
    // Files carry the time of the machine, which the test's clock is far from; here it is long after that.
    place.app.clock().advance(Duration::days(40_000));
    assert_eq!(files.sweep().await.unwrap(), 2);
    place.settled(1).await;
    assert!(!folder.path().join("files").join(begun.0).exists(), "no empty folder stays");
    let row: String = sqlx::query_scalar("select id::text from files").fetch_one(place.app.db()).await.unwrap();
    assert_eq!(row, kept);
    // A process does that by itself.
    let later = folder.path().join("files").join(orphan.0);
    std::fs::create_dir_all(&later).unwrap();
    std::fs::write(later.join(orphan.1), "left").unwrap();
    assert_eq!(place.stored().await, 2);
    assert!(format!("{:?}", aura::serve::jobs(place.app.state())).contains("\"sweep_files\""));
    let stop = CancellationToken::new();
    let work = aura::account::files::jobs::register(JobTable::new(), files);
    let working = tokio::spawn(work.run(place.app.db().clone(), stop.clone()));
    place.settled(1).await;
    stop.cancel();
    working.await.unwrap();
}

#[sqlx::test]
async fn fi_09_the_page_keeps_shows_saves_and_deletes_files_without_a_script(db: PgPool) {
    let mut place = Box::pin(Place::in_folder(db)).await;
    assert!(place.browser.get("/settings/files").await.text().contains("Nothing is kept here yet"));
    let cookie = format!("__Host-aura={}", place.browser.cookie("__Host-aura").unwrap());
    let upload = async |place: &Place, files: &[(&str, &[u8])]| {
        let request = http::Request::post("/api/account/files")
            .header(header::HOST, "localhost:3000")
            .header(header::ORIGIN, "http://localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=between");
        let answer = place.send(request, Body::from(form(files))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.said());
        answer.header("location").to_owned()
    };
    let png = samples::png();
    let large = samples::numbers(7 * MEGABYTE);
    let kept = upload(&place, &[("a <b>.png", &png), ("large.csv", &large)]).await;
    assert_eq!(kept, "/settings/files?file=kept&kept=2");
    let page = place.browser.get(&kept).await;
    for told in ["Your 2 files are kept.", "large.csv", "7 MB", "a _b_.png"] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    let (_, mut other) = crate::program::person_at(&place.app, "jonas@example.com").await;
    // One that is refused does not stop the others of its form, and each is named.
    for (files, come_to, told) in [
        (
            vec![("../a.html", samples::PAGE)],
            "file_kind_not_taken&refused=",
            vec!["«a.html»: Files with this extension are not taken."],
        ),
        (vec![("a.png", samples::SVG)], "file_kind_differs&refused=", vec!["«a.png»: The content of this file is not"]),
        (vec![("", &b""[..])], "file_missing", vec!["No file came with the form."]),
        (
            vec![
                ("first.txt", &b"fine"[..]),
                ("b <i>.png", samples::PAGE),
                ("third.txt", &b"fine too"[..]),
                ("README", &b"text"[..]),
            ],
            "file_kind_differs&kept=2&refused=",
            vec![
                "2 files are kept, what else you sent is not.",
                "«b _i_.png»: The content of this file is not",
                "«README»: The name of this file has no extension",
            ],
        ),
    ] {
        let address = upload(&place, &files).await;
        let begins = format!("/settings/files?file={come_to}");
        assert!(
            address.strip_prefix(&begins).is_some_and(|rest| rest.is_empty() != come_to.ends_with('=')),
            "{address}"
        );
        let page = place.browser.get(&address).await;
        assert!(page.text().contains("role=\"alert\""), "{}", page.text());
        for told in told {
            assert!(page.text().contains(told), "{told}: {}", page.text());
        }
        // Nobody else's words come to stand there by a link.
        if let Some((before, signed)) = address.split_once("&refused=") {
            assert!(!other.get(&address).await.text().contains("»: "), "{address}");
            let changed = format!("{before}&refused=W3siX{}", &signed[5..]);
            assert!(!place.browser.get(&changed).await.text().contains("»: "), "{changed}");
        }
    }
    place.settled(4).await;
    assert!(!place.browser.get("/settings/files?file=%3Cb%3Eyou+won%3C/b%3E").await.text().contains("you won"));

    let listed = place.mira.get(FILES).await.value();
    let listed = listed["items"].as_array().unwrap();
    let id = listed.iter().find(|file| file["name"] == "large.csv").unwrap()["id"].as_str().unwrap().to_owned();
    let link = format!("/api/account/files/{id}");
    assert!(page.text().contains(&link));
    let saved = place.browser.get(&link).await;
    assert_eq!(
        (saved.status, saved.header("content-disposition")),
        (StatusCode::OK, "attachment; filename=\"large.csv\"")
    );
    assert!(saved.text().as_bytes() == large);
    assert_eq!(other.get(&link).await.status, StatusCode::NOT_FOUND);
    let foreign = other.post_from("/settings/files", "/api/account/delete-file", &[("id", &id)], "text/html").await;
    assert_ne!(foreign.location(), "/settings/files?file=deleted");
    let deleted =
        place.browser.post_from("/settings/files", "/api/account/delete-file", &[("id", &id)], "text/html").await;
    assert_eq!(deleted.location(), "/settings/files?file=deleted");
    place.work().await;
    place.settled(3).await;
    assert!(place.browser.get("/settings/files?file=deleted").await.text().contains("The file is deleted."));
}

fn form(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!(
            "--between\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: \
             application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--between--\r\n");
    body
}
