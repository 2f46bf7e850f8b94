//! Conversations as trees: versions of questions and answers, and the one path that is shown.

use std::collections::BTreeMap;

use aura::{
    chat::{
        Asker, ChatError, Place,
        model::{Message, Opened},
    },
    kit::id::{ConversationId, MessageId, RunId},
};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    browser::Browser,
    outside::{Outside, Reply, Step, person},
    runs::settled,
    support::TestApp,
};

pub fn says(text: impl Into<String>) -> Reply {
    Reply::Stream(vec![Step::Text(Box::leak(text.into().into_boxed_str())), Step::Finish("stop")])
}

fn silent() -> Reply {
    Reply::Stream(vec![Step::Text("Hm"), Step::Silence])
}

#[sqlx::test]
async fn ch_06_one_client_message_id_is_one_message_and_one_run_in_two_processes(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let other = app.second_process().await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    outside.model(says("Yes."));
    let begun = mira.post_json("/api/chat", &json!({ "text": "Hello?", "client_message_id": "first" })).await;
    let conversation = begun.value()["conversation"].as_str().unwrap().to_owned();
    settled(&app, begun.value()["run"].as_str().unwrap().parse().unwrap()).await;

    let asker = asker_of(&app).await;
    outside.model(silent());
    let id: ConversationId = conversation.parse().unwrap();
    let sends = (0..20).map(|at| {
        let chat = if at % 2 == 0 { &app.state().chat } else { &other.state().chat };
        chat.send(&asker, Some(id), "And?", "second")
    });
    let sent: Vec<_> = futures::future::join_all(sends).await.into_iter().map(Result::unwrap).collect();
    assert!(sent.iter().all(|one| *one == sent[0]), "{sent:?}");
    // Once more by its address, as after a timeout.
    let late = mira
        .post_json("/api/chat", &json!({ "conversation": conversation, "text": "And?", "client_message_id": "second" }))
        .await;
    assert_eq!(late.value()["run"], json!(sent[0].run), "{}", late.text());
    app.state().chat.stop(asker.user, sent[0].run).await.unwrap();
    settled(&app, sent[0].run).await;
    // An answer that is asked for again counts once as well.
    let answer = shown(&app, &asker, id).await.last().unwrap().id();
    outside.model(silent());
    let sends = (0..20).map(|at| {
        let chat = if at % 2 == 0 { &app.state().chat } else { &other.state().chat };
        chat.send_again(&asker, id, answer, "third")
    });
    let again: Vec<_> = futures::future::join_all(sends).await.into_iter().map(Result::unwrap).collect();
    assert!(again.iter().all(|one| *one == again[0]), "{again:?}");
    let counts: (i64, i64) = sqlx::query_as("select (select count(*) from messages), (select count(*) from runs)")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(counts, (5, 3));
    app.state().chat.close().await;
    other.state().chat.close().await;
}

#[sqlx::test]
async fn ch_07_while_an_answer_is_written_nothing_else_is_asked_there_and_the_person_is_told(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    outside.model(silent());
    let begun = mira.post_json("/api/chat", &json!({ "text": "Hello?", "key": "k1" })).await;
    let conversation = begun.value()["conversation"].as_str().unwrap().to_owned();
    let (question, answer): (Uuid, Uuid) =
        sqlx::query_as("select question_id, answer_id from runs").fetch_one(app.db()).await.unwrap();
    for (key, field, id) in [("k2", "after", answer), ("k3", "beside", question), ("k4", "again", answer)] {
        let mut body = json!({ "conversation": conversation, "text": "And?", "key": key });
        body[field] = json!(id);
        let refused = mira.post_json("/api/chat", &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "answer_running"), "{field}");
        assert!(refused.text().contains("Wait until it is done, or stop it first"), "{}", refused.text());
    }
    let left: (i64, i64) = sqlx::query_as("select (select count(*) from messages), (select count(*) from runs)")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(left, (2, 1), "what was refused left nothing behind");
    app.state().chat.close().await;
}

pub async fn asker_of(app: &TestApp) -> Asker {
    let user: Uuid = sqlx::query_scalar("select id from users").fetch_one(app.db()).await.unwrap();
    Asker { user: user.to_string().parse().unwrap(), name: "Mira".to_owned(), zone: "UTC".to_owned() }
}

/// What the page of a conversation shows.
async fn shown(app: &TestApp, asker: &Asker, id: ConversationId) -> Vec<Message> {
    let Opened { conversation, .. } = app.state().chat.open(asker, Some(id)).await.unwrap();
    conversation.unwrap().messages
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }
}

/// A message as the tables have it: what it follows, who wrote it, what it says.
type Tree = BTreeMap<MessageId, (Option<MessageId>, String, String)>;

async fn tree(app: &TestApp) -> Tree {
    let rows: Vec<(Uuid, Option<Uuid>, String, String)> =
        sqlx::query_as("select id, parent_id, author, content from messages").fetch_all(app.db()).await.unwrap();
    let id = |id: Uuid| id.to_string().parse::<MessageId>().unwrap();
    rows.into_iter().map(|(own, parent, author, text)| (id(own), (parent.map(id), author, text))).collect()
}

fn below(tree: &Tree, top: MessageId) -> Vec<MessageId> {
    let mut found = vec![top];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(tree.iter().filter(|(_, (above, ..))| *above == Some(parent)).map(|(id, _)| *id));
        at += 1;
    }
    found
}

fn way_to(tree: &Tree, leaf: MessageId) -> Vec<MessageId> {
    let mut way = vec![leaf];
    while let Some(parent) = tree[way.last().unwrap()].0 {
        way.push(parent);
    }
    way.reverse();
    way
}

fn versions_of(tree: &Tree, id: MessageId) -> Vec<MessageId> {
    let parent = tree[&id].0;
    // Ids sort by the time they were made.
    tree.iter().filter(|(_, (above, ..))| *above == parent).map(|(id, _)| *id).collect()
}

#[sqlx::test]
async fn ch_11_whatever_is_edited_asked_again_switched_and_removed_the_path_is_whole_and_nothing_is_lost(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let chat = &app.state().chat;
    outside.model(says("answer 0"));
    let first = chat.send(&asker, None, "question 0", "k0").await.unwrap();
    settled(&app, first.run).await;
    let id = first.conversation;
    let mut dice = Dice(0x5eed_cafe);
    let mut known = tree(&app).await;
    let (mut done, mut most) = ([0_u32; 5], 0);
    for step in 1..=60 {
        // Ids sort by their milliseconds, and by chance within one.
        app.clock().advance(time::Duration::seconds(1));
        let page = shown(&app, &asker, id).await;
        let any: Vec<MessageId> = known.keys().copied().collect();
        let pick = any[dice.below(any.len())];
        let is_question = known[&pick].1 == "person";
        let (question, answer, key) = (format!("question {step}"), format!("answer {step}"), format!("k{step}"));
        let act = dice.below(5);
        let mut removed = Vec::new();
        let leaf_before = page.last().unwrap().id();
        let sent = match act {
            0 => {
                outside.model(says(answer));
                Some(chat.send(&asker, Some(id), &question, &key).await.unwrap())
            }
            1 if is_question => {
                outside.model(says(answer));
                Some(chat.send_at(&asker, Place::Beside(id, pick), &question, &key).await.unwrap())
            }
            1 => {
                outside.model(says(answer));
                Some(chat.send_at(&asker, Place::After(id, pick), &question, &key).await.unwrap())
            }
            2 => {
                outside.model(says(answer));
                Some(chat.send_again(&asker, id, pick, &key).await.unwrap())
            }
            3 => {
                chat.show_version(asker.user, id, pick).await.unwrap();
                assert!(shown(&app, &asker, id).await.iter().any(|message| message.id() == pick));
                None
            }
            _ => {
                let outcome = chat.remove_version(asker.user, id, pick).await;
                if versions_of(&known, pick).len() == 1 {
                    assert!(matches!(outcome, Err(ChatError::OnlyVersion)), "{outcome:?}");
                } else {
                    outcome.unwrap();
                    removed = below(&known, pick);
                }
                None
            }
        };
        done[act] += 1;
        if let Some(sent) = sent {
            settled(&app, sent.run).await;
        }
        let now = tree(&app).await;
        // Nothing is lost or changed, but what was removed.
        for (message, was) in &known {
            assert_eq!(now.get(message), Some(was).filter(|_| !removed.contains(message)), "step {step}, {act}");
        }
        assert_eq!(now.len(), known.len() - removed.len() + if sent.is_some() { 2 } else { 0 } - usize::from(act == 2));
        // What is shown is one whole path, from a beginning to an end that nothing follows.
        let page = shown(&app, &asker, id).await;
        let ids: Vec<MessageId> = page.iter().map(Message::id).collect();
        let leaf = *ids.last().unwrap();
        assert_eq!(ids, way_to(&now, leaf), "step {step}, {act}");
        assert_eq!(below(&now, leaf).len(), 1, "something follows what is shown last");
        assert_eq!(now[&leaf].1, "assistant");
        if act == 4 && !removed.contains(&leaf_before) {
            assert_eq!(leaf, leaf_before, "removing what is not shown changes nothing that is");
        }
        for message in &page {
            let versions = match message {
                Message::Question(question) => question.versions,
                Message::Answer(answer) => answer.versions,
            };
            let all = versions_of(&now, message.id());
            let at = all.iter().position(|id| *id == message.id()).unwrap();
            assert_eq!((versions.at as usize, versions.of as usize), (at + 1, all.len()));
            assert_eq!(versions.before, at.checked_sub(1).map(|at| all[at]));
            assert_eq!(versions.after, all.get(at + 1).copied());
        }
        // What the model was told is what is shown before its answer, and nothing else.
        if sent.is_some() {
            let told: Vec<String> = outside.asked().last().unwrap()["messages"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|message| message["role"] != "system" && message["role"] != "developer")
                .map(|message| message["content"].as_str().unwrap().to_owned())
                .collect();
            let seen: Vec<String> = ids[..ids.len() - 1].iter().map(|id| now[id].2.clone()).collect();
            assert_eq!(told, seen[seen.len().saturating_sub(told.len())..], "step {step}");
            assert!(told.len() == seen.len() || told.len() > 40, "the model was told less than is shown");
        }
        most = most.max(now.len());
        known = now;
    }
    assert!(done.iter().all(|count| *count > 3), "each act had its turn: {done:?}");
    assert!(most > 10, "it never grew: {most}");
}

#[sqlx::test]
async fn versions_are_switched_and_removed_by_forms_and_belong_to_one_person(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    outside.model(says("One."));
    let sent = mira.post_form("/api/chat", &[("text", "Which?"), ("key", "k1")]).await;
    let page = sent.location().to_owned();
    let conversation = page.strip_prefix("/chat/").unwrap().to_owned();
    let (run, question, answer): (Uuid, Uuid, Uuid) =
        sqlx::query_as("select id, question_id, answer_id from runs").fetch_one(app.db()).await.unwrap();
    settled(&app, run.to_string().parse().unwrap()).await;
    let (question, answer) = (question.to_string(), answer.to_string());
    let html = mira.get(&page).await;
    assert!(!html.text().contains("Versions of this"), "there is one version: {}", html.text());
    assert!(html.text().contains("name=\"again\"") && html.text().contains("name=\"beside\""), "{}", html.text());

    outside.model(says("Two."));
    let again =
        mira.post_form("/api/chat", &[("conversation", &conversation), ("again", &answer), ("key", "k2")]).await;
    assert_eq!(again.location(), page, "{}", again.text());
    let run: RunId = sqlx::query_scalar("select id from runs order by created_at desc, id desc limit 1")
        .fetch_one(app.db())
        .await
        .unwrap();
    settled(&app, run).await;
    let html = mira.get(&page).await;
    assert!(html.text().contains("Versions of this answer") && html.text().contains("Two."), "{}", html.text());
    assert!(!html.text().contains("One."), "{}", html.text());

    let form = [("conversation", conversation.as_str()), ("version", answer.as_str())];
    let shown = mira.post_form("/api/chat/show-version", &form).await;
    assert!(shown.status.is_redirection(), "{}", shown.text());
    let html = mira.get(&page).await;
    assert!(html.text().contains("One.") && !html.text().contains("Two."), "{}", html.text());

    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    for path in ["/api/chat/show-version", "/api/chat/remove-version"] {
        let second = mira.get(&page).await.text().contains("Two.");
        let refused = eve.post_form(path, &form).await;
        assert!(refused.status.is_redirection(), "{path}: {}", refused.text());
        let html = mira.get(&page).await;
        assert!(html.text().contains("Versions of this answer"), "{path}: {}", html.text());
        assert_eq!(html.text().contains("Two."), second, "{path} changed what somebody else is shown");
    }
    for (field, id) in [("after", &answer), ("beside", &question), ("again", &answer)] {
        let mut body = json!({ "conversation": conversation, "text": "Hi", "key": format!("e-{field}") });
        body[field] = json!(id);
        let refused = eve.post_json("/api/chat", &body).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{field}: {}", refused.text());
    }
    // An answer is not asked in other words, and a question is not followed by a question.
    for (field, id) in [("after", &question), ("beside", &answer), ("beside", &conversation)] {
        let mut body = json!({ "conversation": conversation, "text": "Hi", "key": format!("m-{field}") });
        body[field] = json!(id);
        let refused = mira.post_json("/api/chat", &body).await;
        assert_eq!(refused.code(), "not_found", "{field}: {}", refused.text());
    }
    let removed = mira.post_form("/api/chat/remove-version", &form).await;
    assert!(removed.status.is_redirection(), "{}", removed.text());
    let html = mira.get(&page).await;
    assert!(html.text().contains("Two.") && !html.text().contains("Versions of this answer"), "{}", html.text());
    let left: i64 = sqlx::query_scalar("select count(*) from runs").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, 1, "the run of the removed answer went with it");
}

#[sqlx::test]
async fn a_conversation_of_two_thousand_messages_opens_at_its_end_and_is_read_page_by_page(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let sent = mira.post_form("/api/chat", &[("text", "message 1"), ("key", "k1")]).await;
    let page = sent.location().to_owned();
    let id: ConversationId = page.strip_prefix("/chat/").unwrap().parse().unwrap();
    let run: RunId = sqlx::query_scalar("select id from runs").fetch_one(app.db()).await.unwrap();
    settled(&app, run).await;
    sqlx::query(
        "with made as (
             select n, gen_random_uuid() as id, lag(n) over (order by n) as before from generate_series(3, 2000) n
         ), chained as (
             select made.n, made.id, coalesce(above.id, c.leaf_id) as parent, c.id as conversation
             from made cross join conversations c left join made above on above.n = made.before
         ), written as (
             insert into messages (id, conversation_id, parent_id, author, content, created_at)
             select id, conversation, parent, case when n % 2 = 1 then 'person' else 'assistant' end, 'message ' || n,
                 $1 + n * interval '1 second'
             from chained
         ), run as (
             insert into runs (id, conversation_id, user_id, question_id, answer_id, state, heartbeat_at, last_seq,
                 created_at, settled_at)
             select gen_random_uuid(), conversation, $2, parent, id, 'finished', $1, 300, $1, $1 from chained where n % 2 = 0
             returning id
         ), logged as (
             insert into run_events (run_id, seq, kind, payload, created_at)
             select id, seq, 'status', '{\"text\": \"is thinking\"}', $1 from run cross join generate_series(1, 20) seq
         )
         update conversations set leaf_id = (select id from chained where n = 2000)",
    )
    .bind(app.clock().now())
    .bind(Uuid::from(asker_of(&app).await.user))
    .execute(app.db())
    .await
    .unwrap();
    sqlx::query("analyze").execute(app.db()).await.unwrap();
    let asker = asker_of(&app).await;
    let begun = std::time::Instant::now();
    let Opened { conversation, .. } = app.state().chat.open(&asker, Some(id)).await.unwrap();
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_millis(500), "{took:?}");
    let conversation = conversation.unwrap();
    assert_eq!((conversation.messages.len(), conversation.has_earlier), (50, true));
    let texts = |messages: &[Message]| -> Vec<String> {
        messages
            .iter()
            .map(|message| match message {
                Message::Question(question) => question.text.clone(),
                Message::Answer(answer) => answer.html.replace("<p>", "").replace("</p>", "").trim().to_owned(),
            })
            .collect()
    };
    let mut read = texts(&conversation.messages);
    let mut first = conversation.messages[0].id();
    loop {
        let earlier = app.state().chat.earlier(&asker, id, first).await.unwrap();
        let mut all = texts(&earlier.messages);
        all.append(&mut read);
        read = all;
        if !earlier.has_earlier {
            break;
        }
        first = earlier.messages[0].id();
    }
    assert_eq!(read.len(), 2000);
    let expected: Vec<String> = (3..=2000).map(|n| format!("message {n}")).collect();
    assert_eq!(read[2..], expected);

    let html = mira.get(&page).await;
    let earlier = format!("{page}?before={}", conversation.messages[0].id());
    assert!(html.text().contains(&format!("href=\"{earlier}\"")), "{}", html.text());
    let html = mira.get(&earlier).await;
    assert!(html.text().contains("message 1950") && !html.text().contains("message 1951"), "{}", html.text());
    assert!(html.text().contains("Newest messages"), "{}", html.text());
    let nowhere = mira.get(&format!("{page}?before={id}")).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}
