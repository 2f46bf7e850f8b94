//! Before a model sees what is read through a connection, its owner says yes: to whose model, once for each account.

use aura::{
    chat::{
        Asker, Chat, ChatError,
        model::{RunEvent, Sent},
        need::{NeedCard, NeedKind, NeedState, Reply as Said},
    },
    integrations::model::ProposalState,
    kit::id::ConnectionId,
};
use futures::StreamExt as _;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    answering::{answer, becomes, state},
    browser::Browser,
    outside::{Outside, Reply, Step, connect, connect_unasked, eventually, person},
    support::TestApp,
    vendor::user_of,
};

const LIST: &str = "github__list_my_issues";
const AT: &str = "/api.github.com/issues";
const CREATE: &str = "github__create_issue";
const CREATED_AT: &str = "/api.github.com/repos/northbeam/harbor/issues";

/// What the model does: it looks at issues, and says something once it has heard what came of that.
fn looks(outside: &Outside) {
    let found = json!([{ "title": "canary-issue-title", "number": 7, "html_url": "https://github.com/a/b/issues/7",
        "repository": { "full_name": "a/b" }, "updated_at": "2026-03-12T10:00:00Z" }]);
    outside.service(AT, 200, &found);
    outside.model(Reply::Stream(vec![Step::Text("I look."), Step::Call(LIST, json!({})), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("One: canary-issue-title."), Step::Finish("stop")]));
}

async fn card(chat: &Chat, asker: &Asker, sent: Sent) -> NeedCard {
    let mut needs = answer(chat, asker, sent).await.needs;
    assert_eq!(needs.len(), 1, "{needs:?}");
    needs.remove(0)
}

/// Asks, and waits for the card.
async fn asked(app: &TestApp, asker: &Asker, key: &str) -> (Sent, NeedCard) {
    let chat = &app.state().chat;
    let sent = chat.send(asker, None, "What is open?", key).await.unwrap();
    becomes(app, sent, "waiting").await;
    (sent, card(chat, asker, sent).await)
}

async fn agreed(app: &TestApp, id: ConnectionId) -> Option<String> {
    sqlx::query_scalar("select agreed_vendor from connections where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap()
}

fn last_told(outside: &Outside) -> String {
    outside.asked().last().unwrap()["messages"].as_array().unwrap().last().unwrap()["content"].to_string()
}

#[sqlx::test]
async fn cs_01_nothing_is_read_for_a_model_before_its_owner_has_seen_whose_it_is_and_said_yes(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect_unasked(&app, asker.user, "github").await;
    looks(&outside);
    let chat = &app.state().chat;
    let (sent, card) = asked(&app, &asker, "k1").await;
    assert_eq!((card.kind, card.state), (NeedKind::Consent, NeedState::Open));
    assert_eq!((card.service_name.as_str(), card.account.as_str()), ("GitHub", "mira"));
    let shown = card.told.join(" ");
    for words in
        ["gpt-4o-mini", "OpenAI", "GitHub", "account mira", "What goes there", "Aura does not ask OpenAI to store"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(outside.called(AT).is_empty(), "nothing is read");
    assert_eq!(outside.asked().len(), 1);
    let tools = outside.asked()[0]["tools"].to_string();
    assert!(tools.contains(LIST) && !tools.contains("mira"), "what an account is called was read there, too: {tools}");
    assert_eq!(agreed(&app, connection).await, None);

    let replied = chat.reply(&asker, card.id, Said::Allow).await.unwrap();
    assert!(replied.counted);
    assert_eq!(replied.card.state, NeedState::Met);
    becomes(&app, sent, "finished").await;
    assert_eq!((outside.called(AT).len(), outside.asked().len()), (1, 2), "the call that was held back is made");
    assert!(last_told(&outside).contains("canary-issue-title"));
    assert_eq!(agreed(&app, connection).await.as_deref(), Some("chat api.openai.com"));
    let html = answer(chat, &asker, sent).await.html;
    assert!(html.contains("I look.") && html.contains("One: canary-issue-title."), "{html}");

    // One log tells it all, without a gap.
    let events: Vec<_> = chat.follow(asker.user, sent.run, 0).await.unwrap().collect().await;
    let numbers: Vec<i32> = events.iter().filter_map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=i32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
    let needs = events.iter().filter(|event| matches!(event.event, RunEvent::Need { .. })).count();
    assert_eq!(needs, 2, "asked, and answered");

    // What was agreed to counts from now on, and the account has its name.
    looks(&outside);
    let next = chat.send(&asker, None, "And now?", "k2").await.unwrap();
    becomes(&app, next, "finished").await;
    assert!(answer(chat, &asker, next).await.needs.is_empty());
    assert!(outside.asked()[2]["tools"].to_string().contains("account mira"));
}

#[sqlx::test]
async fn cs_02_not_now_lets_the_answer_go_on_without_and_the_next_one_asks_again(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect_unasked(&app, asker.user, "github").await;
    let chat = &app.state().chat;
    // It tries once more although it was told.
    outside.model(Reply::Stream(vec![Step::Call(LIST, json!({})), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Call(LIST, json!({})), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("Without GitHub."), Step::Finish("stop")]));
    let (sent, card) = asked(&app, &asker, "k1").await;
    let replied = chat.reply(&asker, card.id, Said::NotNow).await.unwrap();
    assert_eq!((replied.counted, replied.card.state), (true, NeedState::Declined));
    becomes(&app, sent, "finished").await;
    assert!(last_told(&outside).contains("does not let you see what is in GitHub"), "{}", last_told(&outside));
    assert_eq!((outside.called(AT).len(), outside.asked().len()), (0, 3));
    assert_eq!(answer(chat, &asker, sent).await.needs.len(), 1, "nobody is asked twice for one answer");
    assert_eq!(agreed(&app, connection).await, None);
    looks(&outside);
    let (_, again) = asked(&app, &asker, "k2").await;
    assert_eq!(again.state, NeedState::Open, "not now is no for good");
}

#[sqlx::test]
async fn cs_03_a_question_outlives_its_process_and_twenty_replies_have_one_effect(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect_unasked(&app, asker.user, "github").await;
    looks(&outside);
    let (sent, card) = asked(&app, &asker, "k1").await;
    app.state().chat.close().await;
    app.clock().advance(time::Duration::days(6));
    let (one, other) = (app.second_process().await, app.second_process().await);
    assert_eq!(one.state().chat.settle_abandoned().await.unwrap(), 0);
    one.state().chat.look_after_waiting().await.unwrap();
    assert_eq!(state(&app, sent).await, "waiting");
    let replies = (0..20).map(|at| {
        let chat = if at % 2 == 0 { &one.state().chat } else { &other.state().chat };
        chat.reply(&asker, card.id, if at % 5 == 4 { Said::NotNow } else { Said::Allow })
    });
    let replied: Vec<_> = futures::future::join_all(replies).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(replied.iter().filter(|one| one.counted).count(), 1);
    let states: Vec<NeedState> = replied.iter().map(|one| one.card.state).collect();
    assert!(states.iter().all(|state| *state == states[0] && *state != NeedState::Open), "{states:?}");
    becomes(&app, sent, "finished").await;
    assert_eq!(outside.called(AT).len(), usize::from(states[0] == NeedState::Met));
    assert_eq!(outside.asked().len(), 2, "the answer goes on once");
    let late = one.state().chat.reply(&asker, card.id, Said::NotNow).await.unwrap();
    assert!(!late.counted);
}

#[sqlx::test]
async fn cs_04_another_operator_of_the_model_is_asked_about_anew_and_hears_nothing_of_before(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect(&app, asker.user, "github").await;
    looks(&outside);
    let sent = app.state().chat.send(&asker, None, "What is open?", "k1").await.unwrap();
    becomes(&app, sent, "finished").await;
    // A newer model of the same operator is none.
    let newer = app.second_process_with(&[("OPENAI_MODEL", "gpt-6-luna")]).await;
    looks(&outside);
    let next = newer.state().chat.send(&asker, Some(sent.conversation), "And now?", "k2").await.unwrap();
    becomes(&app, next, "finished").await;
    assert!(outside.asked()[2]["messages"].to_string().contains("canary-issue-title"), "it is told what was said");

    let other = app.second_process_with(&[("OPENAI_MODEL", "farther/v3")]).await;
    let chat = &other.state().chat;
    looks(&outside);
    let asks = chat.send(&asker, Some(sent.conversation), "And today?", "k3").await.unwrap();
    becomes(&app, asks, "waiting").await;
    let card = card(chat, &asker, asks).await;
    assert!(card.title.contains("farther/v3"), "{}", card.title);
    let heard = outside.asked()[4].to_string();
    assert!(heard.contains("And now?") && !heard.contains("canary-issue-title"), "{heard}");
    assert!(heard.contains("keeps from you now"), "{heard}");
    chat.reply(&asker, card.id, Said::Allow).await.unwrap();
    becomes(&app, asks, "finished").await;
    assert_eq!(agreed(&app, connection).await.as_deref(), Some("chat api.openai.com farther"));
}

#[sqlx::test]
async fn cs_05_a_yes_is_taken_back_and_given_on_the_page_of_the_account(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    let id = connect_unasked(&app, user, "github").await;
    let chat = &app.state().chat;
    let (page, connection) = (format!("/connections/{id}"), id.to_string());
    let shown = browser.get(&page).await;
    for words in
        ["Aura asks you in the chat", "gpt-4o-mini of OpenAI", "Let the model see it", "Keep it from the model"]
    {
        assert!(shown.text().contains(words), "{words}: {}", shown.text());
    }
    // Said there, the answer that waits goes on.
    looks(&outside);
    let (sent, card) = asked(&app, &asker, "k1").await;
    let may = [("connection", connection.as_str()), ("may", "true")];
    browser.post_form("/api/connections/let-models-see", &may).await;
    chat.look_after_waiting().await.unwrap();
    becomes(&app, sent, "finished").await;
    assert!(!chat.reply(&asker, card.id, Said::NotNow).await.unwrap().counted);
    let shown = browser.get(&page).await;
    assert!(shown.text().contains("You allowed gpt-4o-mini of OpenAI: Today, "), "{}", shown.text());

    // Taken back, it is by rules again, and what was said before is not told on.
    browser.post_form("/api/connections/let-models-see", &[("connection", connection.as_str())]).await;
    assert_eq!(agreed(&app, id).await, None);
    outside.model(Reply::Stream(vec![Step::Text("Fine."), Step::Finish("stop")]));
    let before = outside.called(AT).len();
    let next = chat.send(&asker, Some(sent.conversation), "Thanks.", "k2").await.unwrap();
    becomes(&app, next, "finished").await;
    let heard = outside.asked().last().unwrap().to_string();
    assert!(!heard.contains("canary-issue-title") && !heard.contains(LIST), "{heard}");
    assert_eq!(outside.called(AT).len(), before);
    // Also in the middle of an answer: the last word counts.
    browser.post_form("/api/connections/let-models-see", &may).await;
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    outside.model(Reply::Stream(vec![
        Step::Gate(gate.clone()),
        Step::Call(LIST, json!({})),
        Step::Finish("tool_calls"),
    ]));
    outside.model(Reply::Stream(vec![Step::Text("Without."), Step::Finish("stop")]));
    let questions = outside.asked().len();
    let last = chat.send(&asker, None, "What is open?", "k3").await.unwrap();
    eventually("the question", async || (outside.asked().len() > questions).then_some(())).await;
    app.state().integrations.let_models_see(user, id, false).await.unwrap();
    gate.notify_one();
    becomes(&app, last, "finished").await;
    assert_eq!(outside.called(AT).len(), before);
}

#[sqlx::test]
async fn cs_06_only_its_person_replies_and_a_form_or_json_is_enough(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    connect_unasked(&app, user, "github").await;
    looks(&outside);
    let (sent, card) = asked(&app, &asker, "k1").await;
    let address = format!("/api/chat/needs/{}", card.id);
    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    assert_eq!(eve.post_form(&address, &[("reply", "allow")]).await.status, StatusCode::NOT_FOUND);
    let eve = Asker { user: user_of(&app, "eve@example.com").await, name: "Eve".into(), zone: "UTC".into() };
    let foreign = app.state().chat.reply(&eve, card.id, Said::Allow).await;
    assert!(matches!(foreign, Err(ChatError::NotFound("question"))));
    for fields in [vec![("reply", "perhaps")], vec![]] {
        assert_eq!(mira.post_form(&address, &fields).await.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    assert!(outside.called(AT).is_empty());
    let there = format!("/chat/{}", sent.conversation);
    let page = mira.get(&there).await;
    for words in [format!("action=\"{address}\"").as_str(), "Not now", "gpt-4o-mini of OpenAI"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let done = mira.post_form(&address, &[("reply", "allow")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, there.as_str()));
    becomes(&app, sent, "finished").await;
    assert!(mira.get(&there).await.text().contains("You allowed this at"));
    let json = mira.post_json(&address, &json!({ "reply": "not_now" })).await;
    assert_eq!((&json.value()["counted"], &json.value()["card"]["state"]), (&json!(false), &json!("met")));
}

#[sqlx::test]
async fn cs_07_rules_need_no_consent(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db).await;
    let asker = person(&app, "Mira").await;
    connect_unasked(&app, asker.user, "github").await;
    looks(&outside);
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "Which issues are open on GitHub?", "k1").await.unwrap();
    becomes(&app, sent, "finished").await;
    let answer = answer(chat, &asker, sent).await;
    assert!(answer.needs.is_empty() && answer.html.contains("canary-issue-title"), "{}", answer.html);
}

#[sqlx::test]
async fn cs_08_a_change_asks_for_consent_before_it_is_proposed(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect_unasked(&app, asker.user, "github").await;
    let made = json!({"number": 1501, "title": "canary-made-title", "html_url": "https://github.com/northbeam/harbor/issues/1501"});
    outside.service(CREATED_AT, 201, &made);
    let issue: Value =
        json!({"owner": "northbeam", "repo": "harbor", "title": "Receipts", "body": "They show dollars."});
    outside.model(Reply::Stream(vec![Step::Call(CREATE, issue), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("That is all."), Step::Finish("stop")]));
    let chat = &app.state().chat;
    let (sent, card) = asked(&app, &asker, "k1").await;
    assert!(answer(chat, &asker, sent).await.proposals.is_empty());
    chat.reply(&asker, card.id, Said::Allow).await.unwrap();
    let proposal = eventually("a proposal", async || answer(chat, &asker, sent).await.proposals.pop()).await;
    assert_eq!(proposal.state, ProposalState::Waiting);
    assert!(outside.called(CREATED_AT).is_empty(), "a yes to a model is none to a change");
    becomes(&app, sent, "waiting").await;
    chat.decide(&asker, proposal.id, aura::chat::proposal::Decision::Approve, &[]).await.unwrap();
    becomes(&app, sent, "finished").await;
    assert!(last_told(&outside).contains("canary-made-title"));
}

#[sqlx::test]
async fn cs_11_a_run_that_waits_does_not_go_on_at_another_operator_or_after_the_yes_is_taken_back(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect(&app, asker.user, "github").await;
    let chat = &app.state().chat;
    let other = app.second_process_with(&[("OPENAI_MODEL", "farther/v3")]).await;
    let proposes = async |key: &str| {
        looks(&outside);
        let issue = json!({"owner": "northbeam", "repo": "harbor", "title": "Receipts", "body": "They show dollars."});
        outside.swap_last(Reply::Stream(vec![Step::Call(CREATE, issue), Step::Finish("tool_calls")]));
        outside.model(Reply::Stream(vec![Step::Text("Then not."), Step::Finish("stop")]));
        let sent = chat.send(&asker, None, "Open an issue", key).await.unwrap();
        becomes(&app, sent, "waiting").await;
        (sent, answer(chat, &asker, sent).await.proposals.remove(0))
    };
    let deny = aura::chat::proposal::Decision::Deny;
    let (sent, proposal) = proposes("k1").await;
    let asked = outside.asked().len();
    other.state().chat.decide(&asker, proposal.id, deny, &[]).await.unwrap();
    let card = eventually("the card", async || answer(chat, &asker, sent).await.needs.pop()).await;
    assert!(card.title.contains("farther/v3"), "{}", card.title);
    assert_eq!(outside.asked().len(), asked, "nothing goes to the other operator");
    becomes(&app, sent, "waiting").await;
    other.state().chat.reply(&asker, card.id, Said::Allow).await.unwrap();
    becomes(&app, sent, "finished").await;
    assert_eq!(outside.asked().len(), asked + 1);

    crate::outside::agree(&app, connection).await;
    let (sent, proposal) = proposes("k2").await;
    let asked = outside.asked().len();
    app.state().integrations.let_models_see(asker.user, connection, false).await.unwrap();
    chat.decide(&asker, proposal.id, deny, &[]).await.unwrap();
    becomes(&app, sent, "failed").await;
    assert_eq!(outside.asked().len(), asked);
}
