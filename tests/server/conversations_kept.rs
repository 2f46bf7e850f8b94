//! What people do with their conversations: find, pin, put away, share, take along, judge, delete.

use aura::{
    chat::{
        Asker, ChatError,
        found::{Found, Piece, Search, Shelf, Stretch},
    },
    kit::id::ConversationId,
};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    browser::Browser,
    conversations::{asker_of, says},
    outside::{Outside, Reply, Step, connect, eventually, person},
    runs::settled,
    support::TestApp,
};

async fn ask(
    app: &TestApp,
    outside: &Outside,
    asker: &Asker,
    question: &str,
    answer: &str,
    key: &str,
) -> ConversationId {
    app.clock().advance(time::Duration::seconds(1));
    outside.model(says(answer));
    let sent = app.state().chat.send(asker, None, question, key).await.unwrap();
    settled(app, sent.run).await;
    sent.conversation
}

async fn find(app: &TestApp, asker: &Asker, q: &str) -> Found {
    app.state().chat.search(asker, &Search { q: q.to_owned(), ..Search::default() }).await.unwrap()
}

fn ids(found: &Found) -> Vec<ConversationId> {
    found.hits.iter().map(|hit| hit.conversation).collect()
}

fn marked(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().filter(|piece| piece.is_hit).map(|piece| piece.text.as_str()).collect()
}

#[sqlx::test]
async fn ch_13_a_search_finds_names_and_messages_at_once_and_only_ones_own(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (mira, eve) = (person(&app, "Mira").await, person(&app, "Eve").await);
    let chat = &app.state().chat;
    let trip =
        ask(&app, &outside, &mira, "Plan the Zürich offsite", "We could take the <b>night train</b>.", "k1").await;
    let bill = ask(&app, &outside, &mira, "Which invoices are open?", "Only bill@xero.example of 4.12 is.", "k2").await;
    let hers = ask(&app, &outside, &eve, "Where does the night train go?", "To Zürich.", "k3").await;

    // By the question, the name and the answer; by the beginning of a word; whatever its case and accents.
    for (q, expected) in [
        ("zurich", vec![trip]),
        ("ZÜRICH offs", vec![trip]),
        ("night train", vec![trip]),
        ("invoi", vec![bill]),
        ("bill@xero.example", vec![bill]),
        ("4.12", vec![bill]),
        ("train invoices", vec![]),
        ("nothing", vec![]),
        ("!' & | :* \\ (", vec![]),
        ("it's", vec![]),
    ] {
        assert_eq!(ids(&find(&app, &mira, q).await), expected, "{q}");
    }
    assert_eq!(ids(&find(&app, &eve, "train").await), [hers]);
    assert_eq!(ids(&find(&app, &mira, "").await), [bill, trip]);

    // What was found is marked, and what was said is text.
    let hit = &find(&app, &mira, "train").await.hits[0];
    assert_eq!((marked(&hit.snippet), hit.by_person), (vec!["train"], false));
    assert!(hit.snippet.iter().any(|piece| piece.text.contains("night")), "{hit:?}");
    assert_eq!(marked(&find(&app, &mira, "zurich").await.hits[0].title), ["Zürich"]);

    // A name is found as soon as it is given, and no longer when it is another.
    chat.rename(mira.user, bill, "Quarterly taxes").await.unwrap();
    assert_eq!(ids(&find(&app, &mira, "taxes").await), [bill]);

    // Filters: put away, pinned, by time.
    chat.archive(mira.user, trip, true).await.unwrap();
    assert_eq!(ids(&find(&app, &mira, "zurich").await), [trip], "what is put away is found");
    assert_eq!(ids(&find(&app, &mira, "").await), [bill], "and not listed");
    chat.pin(mira.user, bill, true).await.unwrap();
    let on = async |shelf, stretch, q: &str| {
        let search = Search { q: q.to_owned(), shelf, stretch, service: String::new(), page: 0 };
        ids(&chat.search(&mira, &search).await.unwrap())
    };
    assert_eq!(on(Shelf::Archived, Stretch::Ever, "").await, [trip]);
    assert_eq!(on(Shelf::Archived, Stretch::Ever, "invoices").await, []);
    assert_eq!(on(Shelf::Pinned, Stretch::Ever, "invoices").await, [bill]);
    assert_eq!(on(Shelf::All, Stretch::Week, "invoices").await, [bill]);
    app.clock().advance(time::Duration::days(8));
    assert_eq!(on(Shelf::All, Stretch::Week, "invoices").await, []);
    assert_eq!(on(Shelf::All, Stretch::Month, "invoices").await, [bill]);

    // What is deleted is found no more.
    chat.delete(mira.user, trip).await.unwrap();
    assert_eq!(ids(&find(&app, &mira, "zurich").await), []);
    assert_eq!(ids(&find(&app, &eve, "zurich").await), [hers]);
}

#[sqlx::test]
async fn the_search_page_lists_marks_and_escapes_without_a_script(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let asker = asker_of(&app).await;
    ask(&app, &outside, &asker, "<i>Plan</i> the offsite", "Here is the plan.", "k1").await;
    let page = mira.get("/chat/search?q=plan").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    // Between pieces of text the renderer leaves marks for the browser.
    let text = page.text().replace("<!>", "");
    assert!(text.contains("<mark>plan</mark>"), "{text}");
    assert!(text.contains("&lt;i&gt;<mark>Plan</mark>&lt;/i&gt;"), "{text}");
    assert!(
        page.text().contains("action=\"/chat/search\"") && page.text().contains("id=\"sidebar-q\""),
        "{}",
        page.text()
    );
    let none = mira.get("/chat/search?q=nowhere&in=archived&time=week&page=x").await;
    assert!(none.text().contains("Nothing was found"), "{}", none.text());
    // Somebody who is not signed in is led to the way in.
    let mut nobody = Browser::new(&app);
    assert!(nobody.get("/chat/search?q=plan").await.location().starts_with("/signin"));
}

#[sqlx::test]
async fn conversations_are_named_pinned_put_away_and_deleted_by_their_person_alone(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (mira, eve) = (person(&app, "Mira").await, person(&app, "Eve").await);
    let chat = &app.state().chat;
    let old = ask(&app, &outside, &mira, "One", "1", "k1").await;
    let new = ask(&app, &outside, &mira, "Two", "2", "k2").await;
    let third = ask(&app, &outside, &mira, "Three", "3", "k3").await;
    chat.pin(mira.user, old, true).await.unwrap();
    chat.archive(mira.user, third, true).await.unwrap();
    chat.rename(mira.user, new, "  New \u{7} \n name ").await.unwrap();
    let lists: Vec<(String, Vec<(ConversationId, String)>)> = chat
        .recents(&mira)
        .await
        .unwrap()
        .into_iter()
        .map(|group| (group.label, group.conversations.into_iter().map(|one| (one.id, one.title)).collect()))
        .collect();
    assert_eq!(
        lists,
        [
            ("Pinned".to_owned(), vec![(old, "One".to_owned())]),
            ("Today".to_owned(), vec![(new, "New name".to_owned())])
        ]
    );
    // What is put away is not pinned, and what is pinned not put away.
    chat.archive(mira.user, old, true).await.unwrap();
    chat.pin(mira.user, third, true).await.unwrap();
    let managed = chat.manage(&mira, old).await.unwrap();
    assert_eq!((managed.pinned, managed.archived), (false, true));
    let managed = chat.manage(&mira, third).await.unwrap();
    assert_eq!((managed.pinned, managed.archived), (true, false));
    chat.archive(mira.user, old, false).await.unwrap();
    assert!(!chat.manage(&mira, old).await.unwrap().archived);

    for title in ["", " \n ", &"x".repeat(201)] {
        assert!(matches!(chat.rename(mira.user, old, title).await, Err(ChatError::BadTitle)), "{title}");
    }
    assert!(matches!(chat.rename(eve.user, old, "Mine").await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.pin(eve.user, old, true).await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.archive(eve.user, old, true).await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.delete(eve.user, old).await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.manage(&eve, old).await, Err(ChatError::NotFound(_))));
    assert!(matches!(chat.share(eve.user, old, true).await, Err(ChatError::NotFound(_))));
    chat.open(&mira, Some(old)).await.unwrap();
}

#[sqlx::test]
async fn deleting_stops_the_answer_removes_everything_and_gives_back_what_was_set_aside(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let asker = asker_of(&app).await;
    let chat = &app.state().chat;
    let id = ask(&app, &outside, &asker, "One", "1", "k1").await;
    chat.share(asker.user, id, true).await.unwrap();
    let answer: Uuid = sqlx::query_scalar("select answer_id from runs").fetch_one(app.db()).await.unwrap();
    let judged = mira.post_form("/api/chat/judge", &[("answer", &answer.to_string()), ("verdict", "up")]).await;
    assert!(judged.status.is_redirection(), "{}", judged.text());
    outside.model(Reply::Stream(vec![Step::Text("Hm"), Step::Silence]));
    let other = app.second_process().await;
    let running = other.state().chat.send(&asker, Some(id), "Two", "k2").await.unwrap();
    eventually("the text so far", async || {
        let text: Option<String> =
            sqlx::query_scalar("select payload ->> 'text' from run_events where kind = 'text' and run_id = $1")
                .bind(Uuid::parse_str(&running.run.to_string()).unwrap())
                .fetch_optional(app.db())
                .await
                .unwrap()
                .flatten();
        text
    })
    .await;
    let page = mira.get(&format!("/chat/{id}/manage")).await;
    assert!(page.text().contains("Delete «One»?") && page.text().contains("/api/chat/delete"), "{}", page.text());
    let gone = mira.post_form("/api/chat/delete", &[("conversation", &id.to_string())]).await;
    assert_eq!(gone.location(), "/chat", "{}", gone.text());
    for table in ["conversations", "messages", "runs", "run_events", "conversation_shares", "message_feedback"] {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(app.db())
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    assert!(outside.hung_up() > 0, "the model was not told to stop");
    assert_eq!(mira.get(&format!("/chat/{id}")).await.status, StatusCode::NOT_FOUND);
    other.state().chat.close().await;
}

/// A conversation in which issues were read.
async fn with_a_reading(app: &TestApp, outside: &Outside, asker: &Asker) -> ConversationId {
    connect(app, asker.user, "github").await;
    outside.service(
        "/api.github.com/issues",
        200,
        &json!([{ "id": 1, "number": 7, "title": "Secret dinner", "state": "open", "html_url": "https://github.com/a/b/issues/7",
            "repository": { "full_name": "a/b" }, "created_at": "2026-11-19T10:00:00Z", "updated_at": "2026-11-19T10:00:00Z" }]),
    );
    let sent = app.state().chat.send(asker, None, "Which issues are open?", "k1").await.unwrap();
    settled(app, sent.run).await;
    // The rules quote what they read; this is about the cards.
    sqlx::query("update messages set content = 'You have **one** issue.' where author = 'assistant'")
        .execute(app.db())
        .await
        .unwrap();
    sent.conversation
}

#[sqlx::test]
async fn ch_24_a_link_shows_what_was_said_not_what_was_read_and_is_taken_back(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let asker = asker_of(&app).await;
    let id = with_a_reading(&app, &outside, &asker).await;
    let manage = format!("/chat/{id}/manage");
    let own = mira.get(&format!("/chat/{id}")).await;
    assert!(own.text().contains("Secret dinner"), "the owner sees what was read: {}", own.text());

    let mut links = Vec::new();
    for results in
        [&[("conversation", id.to_string())][..], &[("conversation", id.to_string()), ("results", "true".into())]]
    {
        let form: Vec<(&str, &str)> = results.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let made = mira.post_form("/api/chat/share", &form).await;
        assert!(made.status.is_redirection(), "{}", made.text());
        let page = mira.get(&manage).await;
        let link = page.text().split("value=\"http://localhost:3000/s/").nth(1).unwrap_or_default().to_owned();
        let secret = link.split('"').next().unwrap().to_owned();
        assert_eq!(secret.len(), 43, "{}", page.text());
        // It is shown once.
        assert!(!mira.get(&manage).await.text().contains(&secret));
        links.push(secret);
    }
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("select secret_hash from conversation_shares").fetch_all(app.db()).await.unwrap();
    assert!(stored.iter().all(|hash| links.iter().all(|link| hash != link.as_bytes())));

    // Later messages are not shared by an earlier link.
    let later = app.state().chat.send(&asker, Some(id), "A later question", "k2").await.unwrap();
    settled(&app, later.run).await;
    let mut stranger = Browser::new(&app);
    let page = stranger.get(&format!("/s/{}", links[0])).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let html = page.text();
    assert!(html.contains("Which issues are open?") && html.contains("<strong>one</strong>"), "{html}");
    for hidden in ["Secret dinner", "github.com/a", "later question", "mira", "Mira", "<script", "wasm"] {
        assert!(!html.contains(hidden), "{hidden}: {html}");
    }
    assert!(html.contains("noindex"));
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    let open = stranger.get(&format!("/s/{}", links[1])).await;
    assert!(open.text().contains("Secret dinner") && !open.text().contains("mira"), "{}", open.text());

    for wrong in ["x", &"x".repeat(43), &format!("{}x", &links[0][..42])] {
        assert_eq!(stranger.get(&format!("/s/{wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let share: Uuid = sqlx::query_scalar("select id from conversation_shares where not with_results")
        .fetch_one(app.db())
        .await
        .unwrap();
    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    eve.post_form("/api/chat/unshare", &[("share", &share.to_string())]).await;
    assert_eq!(stranger.get(&format!("/s/{}", links[0])).await.status, StatusCode::OK, "it is not hers to take back");
    mira.post_form("/api/chat/unshare", &[("share", &share.to_string())]).await;
    assert_eq!(stranger.get(&format!("/s/{}", links[0])).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&format!("/s/{}", links[1])).await.status, StatusCode::OK);
    app.state().chat.delete(asker.user, id).await.unwrap();
    assert_eq!(stranger.get(&format!("/s/{}", links[1])).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn a_conversation_is_taken_along_with_all_its_versions(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let asker = asker_of(&app).await;
    let id = with_a_reading(&app, &outside, &asker).await;
    let answer: Uuid = sqlx::query_scalar("select answer_id from runs").fetch_one(app.db()).await.unwrap();
    let again = app.state().chat.send_again(&asker, id, answer.to_string().parse().unwrap(), "k2").await.unwrap();
    settled(&app, again.run).await;
    let judged = mira
        .post_form("/api/chat/judge", &[("answer", &answer.to_string()), ("verdict", "down"), ("words", "Too <short>")])
        .await;
    assert!(judged.status.is_redirection(), "{}", judged.text());

    let address = format!("/api/chat/conversations/{id}/export");
    let file = mira.get(&format!("{address}?format=markdown")).await;
    assert_eq!(file.header("content-type"), "text/markdown; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"aura-which-issues-are-open.md\"");
    assert!(file.text().starts_with("# Which issues are open?\n\n## You, "), "{}", file.text());
    assert!(file.text().contains("Secret dinner") && !file.text().contains("**one**"), "{}", file.text());

    let file = mira.get(&format!("{address}?format=json")).await;
    assert_eq!(file.header("content-type"), "application/json");
    let value: Value = file.value();
    let messages = value["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3, "{value}");
    assert_eq!(messages[1]["parent"], messages[0]["id"]);
    assert_eq!((&messages[1]["text"], &messages[2]["parent"]), (&json!("You have **one** issue."), &messages[0]["id"]));
    assert_eq!(messages[1]["feedback"], json!({ "good": false, "words": "Too <short>" }));
    assert_eq!(messages[1]["reads"][0]["found"][0]["title"], "Secret dinner", "{value}");
    assert_eq!(value["shown"], messages[2]["id"]);

    app.clock().advance(time::Duration::seconds(1));
    let other = app.state().chat.send(&asker, None, "Another", "k3").await.unwrap();
    settled(&app, other.run).await;
    let all: Value = mira.get("/api/chat/export").await.value();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[0], value, "the oldest first");

    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    assert_eq!(eve.get(&address).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.get("/api/chat/export").await.text(), "[]\n");
    eve.post_form("/api/chat/judge", &[("answer", &answer.to_string()), ("verdict", "up")]).await;
    // What was thought is taken back, and never more than fits.
    let long = "x".repeat(2_001);
    mira.post_form("/api/chat/judge", &[("answer", &answer.to_string()), ("verdict", "up"), ("words", &long)]).await;
    let kept: String = sqlx::query_scalar("select verdict from message_feedback").fetch_one(app.db()).await.unwrap();
    assert_eq!(kept, "down");
    mira.post_form("/api/chat/judge", &[("answer", &answer.to_string()), ("verdict", "")]).await;
    let left: i64 = sqlx::query_scalar("select count(*) from message_feedback").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test]
async fn a_refused_form_comes_back_with_what_was_typed(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    outside.model(Reply::Stream(vec![Step::Text("Hm"), Step::Silence]));
    let sent = mira.post_form("/api/chat", &[("text", "Hello?"), ("key", "k1")]).await;
    let conversation = sent.location().strip_prefix("/chat/").unwrap().to_owned();
    let long = format!("</textarea><b>{}", "word ".repeat(2_000));
    let typed = [("text", long.as_str()), ("key", "k2"), ("conversation", conversation.as_str())];
    let refused = mira.post_form("/api/chat", &typed).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    let escaped = long.trim_end().replace('<', "&lt;").replace('>', "&gt;");
    for part in [escaped.as_str(), "Wait until it is done", "value=\"k2\"", &conversation] {
        assert!(refused.text().contains(part), "{part}: {}", refused.text());
    }
    // Also where the session has ended meanwhile.
    let mut nobody = Browser::new(&app);
    let refused = nobody.post_form("/api/chat", &typed).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text());
    let way_in = format!("/signin?next=/chat/{conversation}");
    for part in [escaped.as_str(), &way_in] {
        assert!(refused.text().contains(part), "{part}: {}", refused.text());
    }
    // A program hears it as one.
    let refused = nobody.post_json("/api/chat", &json!({ "text": "Hi", "key": "k3" })).await;
    assert_eq!(
        (refused.status, refused.header("content-type")),
        (StatusCode::UNAUTHORIZED, "application/problem+json")
    );
    app.state().chat.close().await;
}

#[sqlx::test]
async fn cv_03_a_question_in_an_address_is_text(db: PgPool) {
    let app = Outside::start().await.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let page = mira.get("/chat?q=%3C%2Ftextarea%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("&lt;/textarea&gt;&lt;script&gt;alert(1)"), "{}", page.text());
    assert!(!page.text().contains("<script>alert(1)"), "{}", page.text());
}
