//! Asking: the addresses under `/api/chat`, and what a send promises.

use aura::{
    chat::{ChatError, model::LONGEST_QUESTION},
    kit::id::{ConversationId, RunId},
};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::{
    browser::Browser,
    outside::{Outside, Reply, Step, person},
    runs::settled,
};

fn silent() -> Reply {
    Reply::Stream(vec![Step::Text("Hm"), Step::Silence])
}

fn short() -> Reply {
    Reply::Stream(vec![Step::Text("Yes."), Step::Finish("stop")])
}

#[sqlx::test]
async fn an_01_one_send_counts_once_however_often_it_arrives(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let chat = &app.state().chat;
    outside.model(silent());
    let other = app.second_process().await;
    let sends = (0..20).map(|at| {
        let chat = if at % 2 == 0 { chat } else { &other.state().chat };
        chat.send(&asker, None, "Hello?", "same-key")
    });
    let sent: Vec<_> = futures::future::join_all(sends).await.into_iter().map(Result::unwrap).collect();
    assert!(sent.iter().all(|one| *one == sent[0]), "{sent:?}");
    let counts: (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from conversations), (select count(*) from messages), (select count(*) from runs)",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!(counts, (1, 2, 1));
    // The same key of somebody else is another send.
    outside.model(short());
    let stranger = person(&app, "Stranger").await;
    assert_ne!(chat.send(&stranger, None, "Hello?", "same-key").await.unwrap().run, sent[0].run);
    chat.close().await;
    other.state().chat.close().await;
}

#[sqlx::test]
async fn an_02_a_conversation_has_one_answer_at_a_time_and_one_owner(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let stranger = person(&app, "Stranger").await;
    let chat = &app.state().chat;
    outside.model(silent());
    let sent = chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    let here = Some(sent.conversation);
    assert!(matches!(chat.send(&asker, here, "And?", "k2").await, Err(ChatError::Busy)));
    let written: i64 = sqlx::query_scalar("select count(*) from messages").fetch_one(app.db()).await.unwrap();
    assert_eq!(written, 2, "the refused question left nothing behind");
    assert!(matches!(chat.send(&stranger, here, "Hi", "k3").await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.open(&stranger, here).await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.follow(stranger.user, sent.run, 0).await.map(drop), Err(ChatError::NotFound(_))));
    assert!(chat.recents(&stranger).await.unwrap().is_empty());
    let recents = chat.recents(&asker).await.unwrap();
    assert_eq!((recents[0].label.as_str(), recents[0].conversations[0].title.as_str()), ("Today", "Hello?"));
    chat.close().await;
}

#[sqlx::test]
async fn the_addresses_take_forms_and_json_and_refuse_with_a_sentence(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);

    let refused = mira.post_json("/api/chat", &json!({ "text": "Hello?", "key": "k0" })).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text());
    mira.sign_in(&app, "mira@example.com").await;

    outside.model(short());
    let sent = mira.post_form("/api/chat", &[("text", "Hello?"), ("key", "k1"), ("conversation", "")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let page = sent.location().to_owned();
    let conversation: ConversationId = page.strip_prefix("/chat/").unwrap().parse().unwrap();
    let run: RunId = sqlx::query_scalar("select id from runs").fetch_one(app.db()).await.unwrap();
    settled(&app, run).await;

    outside.model(short());
    let sent = mira
        .post_json("/api/chat", &json!({ "text": "More?", "key": "k2", "conversation": conversation.to_string() }))
        .await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    let run: RunId = sent.value()["run"].as_str().unwrap().parse().unwrap();
    settled(&app, run).await;

    app.clock().advance(time::Duration::seconds(30));
    let stream = mira.get_json(&format!("/api/chat/runs/{run}/events")).await;
    assert_eq!(stream.status, StatusCode::OK);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert_eq!((stream.header("cache-control"), stream.header("x-accel-buffering")), ("no-store", "no"));
    assert!(stream.text().contains("event: settled") && stream.text().contains("id: 1\n"), "{}", stream.text());
    assert!(stream.text().contains("retry: 1000"), "{}", stream.text());
    let stopped = mira.post_form(&format!("/api/chat/runs/{run}/stop"), &[]).await;
    assert_eq!((stopped.status, stopped.location()), (StatusCode::SEE_OTHER, page.as_str()));

    let long = "x".repeat(LONGEST_QUESTION + 1);
    let refused = mira.post_json("/api/chat", &json!({ "text": long, "key": "k3" })).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "question_too_long"));
    let huge = "x".repeat(1_000_000);
    let refused = mira.post_form("/api/chat", &[("text", huge.as_str()), ("key", "k4")]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", refused.text());
    app.clock().advance(time::Duration::seconds(30));
    for (body, code) in [
        (json!({ "text": "  ", "key": "k5" }), "question_empty"),
        (json!({ "text": "a", "key": "" }), "bad_client_key"),
        (json!({ "text": "a" }), "bad_request"),
        (json!({ "text": "a", "key": "k6", "conversation": "nonsense" }), "not_found"),
    ] {
        let refused = mira.post_json("/api/chat", &body).await;
        assert_eq!(refused.code(), code, "{body}: {}", refused.text());
    }

    // Somebody else finds nothing under these addresses.
    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    assert_eq!(eve.get_json(&format!("/api/chat/runs/{run}/events")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.post_form(&format!("/api/chat/runs/{run}/stop"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.get(&page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.get("/chat/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn the_page_reads_without_a_script(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;

    let empty = mira.get("/chat").await;
    assert_eq!(empty.status, StatusCode::OK, "{}", empty.text());
    assert!(empty.text().contains("action=\"/api/chat\"") && empty.text().contains("name=\"key\""), "{}", empty.text());
    assert!(empty.text().contains("No service is connected yet"), "{}", empty.text());
    let filled = mira.get("/chat?q=What%20is%20on%3F").await;
    assert!(filled.text().contains("What is on?</textarea>"), "{}", filled.text());

    outside.model(Reply::Stream(vec![Step::Text("It is **<b>fine</b>**."), Step::Finish("stop")]));
    let sent = mira.post_form("/api/chat", &[("text", "<i>Hello?</i>"), ("key", "k1")]).await;
    let run: RunId = sqlx::query_scalar("select id from runs").fetch_one(app.db()).await.unwrap();
    settled(&app, run).await;
    let page = mira.get(sent.location()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("&lt;i&gt;Hello?&lt;/i&gt;"), "{}", page.text());
    assert!(page.text().contains("<strong>&lt;b&gt;fine&lt;/b&gt;</strong>"), "{}", page.text());

    outside.model(silent());
    let sent = mira.post_form("/api/chat", &[("text", "Hello?"), ("key", "k2")]).await;
    let page = crate::outside::eventually("the text so far", async || {
        app.clock().advance(time::Duration::seconds(2));
        let page = mira.get(sent.location()).await;
        page.text().contains("<p>Hm<span class=\"caret\"></span></p>").then_some(page)
    })
    .await;
    assert!(page.text().contains("/stop\""), "{}", page.text());
    assert!(page.text().contains("Refresh"), "{}", page.text());
    app.state().chat.close().await;
}
