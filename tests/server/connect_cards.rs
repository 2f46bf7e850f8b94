//! What an answer lacks is connected in the midst of it, and the same answer goes on.

use aura::{
    chat::{
        Asker, Chat,
        model::Sent,
        need::{NeedCard, NeedKind, NeedState, Reply as Said},
    },
    kit::id::ConnectionId,
};
use http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::json;
use sqlx::PgPool;
use url::Url;
use uuid::Uuid;

use crate::{
    answering::{answer, becomes, state},
    browser::Browser,
    outside::{Outside, Reply, Step, connect, person},
    support::TestApp,
    vendor::{Vendor, click, return_address, state_of, user_of},
};

const LIST: &str = "github__list_my_issues";
const AT: &str = "/api.github.com/issues";

/// Variables with which GitHub can be connected.
const CLIENT: [(&str, &str); 2] = [("GITHUB_CLIENT_ID", "a-client-at-github"), ("GITHUB_CLIENT_SECRET", "its-secret")];

fn found(outside: &Outside) {
    let found = json!([{ "title": "canary-issue-title", "number": 7, "html_url": "https://github.com/a/b/issues/7",
        "repository": { "full_name": "a/b" }, "updated_at": "2026-03-12T10:00:00Z" }]);
    outside.service(AT, 200, &found);
}

async fn card(chat: &Chat, asker: &Asker, sent: Sent) -> NeedCard {
    answer(chat, asker, sent).await.needs.pop().unwrap()
}

/// Asks, and waits for the card.
async fn asked(app: &TestApp, asker: &Asker, key: &str) -> (Sent, NeedCard) {
    let chat = &app.state().chat;
    let sent = chat.send(asker, None, "What is open?", key).await.unwrap();
    becomes(app, sent, "waiting").await;
    (sent, card(chat, asker, sent).await)
}

/// As the return from the service leaves it, in whatever process.
async fn comes_back(app: &TestApp, asker: &Asker, id: ConnectionId) {
    sqlx::query(
        "with back as (update connections set state = 'active', reason = null where id = $1)
         select pg_notify('aura_connection_changed', $2)",
    )
    .bind(Uuid::from(id))
    .bind(asker.user.to_string())
    .execute(app.db())
    .await
    .unwrap();
}

fn last_told(outside: &Outside) -> String {
    outside.asked().last().unwrap()["messages"].as_array().unwrap().last().unwrap()["content"].to_string()
}

#[sqlx::test]
async fn cc_01_an_account_that_dies_in_the_midst_of_an_answer_is_reconnected_and_the_same_answer_goes_on(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let id = connect(&app, asker.user, "github").await;
    outside.service(AT, 401, &json!({ "message": "Bad credentials" }));
    outside.model(Reply::Stream(vec![Step::Text("I look."), Step::Call(LIST, json!({})), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("One is open."), Step::Finish("stop")]));
    let chat = &app.state().chat;
    let (sent, card) = asked(&app, &asker, "k1").await;
    assert_eq!((card.kind, card.state), (NeedKind::Connect, NeedState::Open));
    assert_eq!(card.title, "Reconnect GitHub, mira");
    let there = format!("/api/integrations/github?reconnect={id}&chat={}", sent.conversation);
    assert_eq!(card.way.unwrap().address, there);
    chat.look_after_waiting().await.unwrap();
    assert_eq!(state(&app, sent).await, "waiting", "it is not there yet");

    // Nobody asks for it: that the connection changed is enough.
    found(&outside);
    comes_back(&app, &asker, id).await;
    becomes(&app, sent, "finished").await;
    assert!(last_told(&outside).contains("canary-issue-title"), "{}", last_told(&outside));
    assert_eq!((outside.asked().len(), outside.called(AT).len()), (2, 2), "the same answer, and the call once more");
    let answer = answer(chat, &asker, sent).await;
    assert!(answer.html.contains("I look.") && answer.html.contains("One is open."), "{}", answer.html);
    assert_eq!(answer.needs[0].state, NeedState::Met);
}

#[sqlx::test]
async fn cc_02_not_now_lets_the_answer_go_on_without_the_account(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_with(db, &CLIENT).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    connect(&app, user, "github").await;
    outside.service(AT, 401, &json!({ "message": "Bad credentials" }));
    outside.model(Reply::Stream(vec![Step::Call(LIST, json!({})), Step::Finish("tool_calls")]));
    // What was said to once is not asked again.
    let insists = Step::Call("connect_service", json!({ "service": "github" }));
    outside.model(Reply::Stream(vec![insists, Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("Without it."), Step::Finish("stop")]));
    let (sent, card) = asked(&app, &asker, "k1").await;
    let page = browser.get(&format!("/chat/{}", sent.conversation)).await;
    let link = format!("chat={}", sent.conversation);
    assert!(page.text().contains("Reconnect GitHub") && page.text().contains(&link), "{}", page.text());
    let address = format!("/api/chat/needs/{}", card.id);
    // Only the service itself can say yes.
    assert_eq!(browser.post_form(&address, &[("reply", "allow")]).await.status, StatusCode::BAD_REQUEST);
    let done = browser.post_form(&address, &[("reply", "not_now")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    becomes(&app, sent, "finished").await;
    assert!(last_told(&outside).contains("did not connect this now"), "{}", last_told(&outside));
    assert_eq!(self::card(&app.state().chat, &asker, sent).await.state, NeedState::Declined);
    assert_eq!(outside.called(AT).len(), 1);
}

#[sqlx::test]
async fn cc_03_a_service_that_is_missing_is_connected_by_a_card_and_its_tools_are_there(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_with(db, &CLIENT).await;
    let asker = person(&app, "Mira").await;
    found(&outside);
    outside.model(Reply::Stream(vec![
        Step::Call("connect_service", json!({ "service": "github" })),
        Step::Finish("tool_calls"),
    ]));
    outside.model(Reply::Stream(vec![Step::Call(LIST, json!({})), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("One is open."), Step::Finish("stop")]));
    let chat = &app.state().chat;
    let (sent, card) = asked(&app, &asker, "k1").await;
    let tools = outside.asked()[0]["tools"].to_string();
    assert!(tools.contains("connect_service") && !tools.contains(LIST), "{tools}");
    assert_eq!((card.kind, card.title.as_str()), (NeedKind::Connect, "Connect GitHub"));
    assert_eq!(card.way.unwrap().address, format!("/api/integrations/github?chat={}", sent.conversation));

    connect(&app, asker.user, "github").await;
    chat.look_after_waiting().await.unwrap();
    becomes(&app, sent, "finished").await;
    assert!(outside.asked()[1]["tools"].to_string().contains(LIST), "its tools are offered");
    assert!(last_told(&outside).contains("canary-issue-title"));

    // What cannot be connected is no card.
    outside.model(Reply::Stream(vec![
        Step::Call("connect_service", json!({ "service": "no-such" })),
        Step::Finish("tool_calls"),
    ]));
    outside.model(Reply::Stream(vec![Step::Text("It is not here."), Step::Finish("stop")]));
    let next = chat.send(&asker, None, "And elsewhere?", "k2").await.unwrap();
    becomes(&app, next, "finished").await;
    assert!(answer(chat, &asker, next).await.needs.is_empty());
    // Once it was declined, it is not asked again in the same answer.
    outside.model(Reply::Stream(vec![
        Step::Call("connect_service", json!({ "service": "sendgrid" })),
        Step::Finish("tool_calls"),
    ]));
    outside.model(Reply::Stream(vec![
        Step::Call("connect_service", json!({ "service": "sendgrid" })),
        Step::Finish("tool_calls"),
    ]));
    outside.model(Reply::Stream(vec![Step::Text("Then not."), Step::Finish("stop")]));
    let (last, card) = asked(&app, &asker, "k3").await;
    assert_eq!(card.way.unwrap().address, format!("/connections/add/sendgrid?chat={}", last.conversation));
    assert!(chat.reply(&asker, card.id, Said::NotNow).await.unwrap().counted);
    becomes(&app, last, "finished").await;
    assert!(last_told(&outside).contains("did not connect this now"));
}

#[sqlx::test]
async fn cc_04_the_way_over_the_service_leads_back_to_the_conversation(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.github().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let conversation = "0192f0c1-0000-7000-8000-000000000001";
    for (chat, back) in [(conversation, format!("/chat/{conversation}")), ("//evil.example", "/connections".to_owned())]
    {
        let start = click(&app, &browser, &format!("/api/integrations/github?chat={chat}"), "same-origin").await;
        let consent = Url::parse(start.headers()["location"].to_str().unwrap()).unwrap();
        let state = state_of(&consent);
        let returned = return_address("github", &[("state", state.as_str()), ("code", "abc")]);
        let came = browser.get(&returned).await;
        assert_eq!(came.location(), format!("{back}?connected=github"), "{}", came.text());
    }
    // From elsewhere a page asks first, and what it leads on to leads back as well.
    let asks = click(&app, &browser, &format!("/api/integrations/github?chat={conversation}"), "cross-site").await;
    assert_eq!(asks.status(), StatusCode::OK);
    let page = String::from_utf8(asks.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(page.contains(&format!("chat={conversation}")), "{page}");
}

#[sqlx::test]
async fn cc_06_without_a_model_too_the_service_that_a_question_names_is_connected_by_a_card(db: PgPool) {
    let outside = Outside::start().await;
    let hosts = outside.variables()[0];
    let app = TestApp::with(db, &[[hosts].as_slice(), &CLIENT].concat()).await;
    let asker = person(&app, "Mira").await;
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "Which issues are open on GitHub?", "k1").await.unwrap();
    becomes(&app, sent, "waiting").await;
    let card = card(chat, &asker, sent).await;
    assert_eq!((card.kind, card.state, card.title.as_str()), (NeedKind::Connect, NeedState::Open, "Connect GitHub"));
    assert_eq!(card.way.unwrap().address, format!("/api/integrations/github?chat={}", sent.conversation));

    // Connected, the same question is answered, by rules as before.
    found(&outside);
    connect(&app, asker.user, "github").await;
    chat.look_after_waiting().await.unwrap();
    becomes(&app, sent, "finished").await;
    let whole = answer(chat, &asker, sent).await;
    assert!(whole.html.contains("canary-issue-title"), "{}", whole.html);
    assert_eq!(whole.needs[0].state, NeedState::Met);
    assert!(outside.asked().is_empty(), "no model was asked");

    // «Not now»: the answer says what is missing, and does not ask twice. Where several services would do, none is chosen.
    let other = person(&app, "Jonas").await;
    let sent = chat.send(&other, None, "Which issues are open on GitHub?", "k2").await.unwrap();
    becomes(&app, sent, "waiting").await;
    let need = self::card(chat, &other, sent).await;
    assert!(chat.reply(&other, need.id, Said::NotNow).await.unwrap().counted);
    becomes(&app, sent, "finished").await;
    let whole = answer(chat, &other, sent).await;
    assert!(whole.html.contains("GitHub would do") && whole.needs.len() == 1, "{}", whole.html);
    let sent = chat.send(&other, None, "Which issues are open?", "k3").await.unwrap();
    becomes(&app, sent, "finished").await;
    assert!(answer(chat, &other, sent).await.needs.is_empty());
}

#[sqlx::test]
async fn cc_07_a_service_that_takes_a_key_is_connected_by_its_form_and_leads_back_to_the_answer(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    outside.service("/api.elevenlabs.io/v1/user", 200, &json!({ "user_id": "u1", "first_name": "Mira" }));
    let wish = Step::Call("connect_service", json!({ "service": "elevenlabs" }));
    outside.model(Reply::Stream(vec![wish, Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("It is there now."), Step::Finish("stop")]));
    let (sent, card) = asked(&app, &asker, "k1").await;
    let address = card.way.unwrap().address;
    assert_eq!(address, format!("/connections/add/elevenlabs?chat={}", sent.conversation));
    let page = browser.get(&address).await;
    let chat = sent.conversation.to_string();
    assert!(page.text().contains(&format!("name=\"chat\" value=\"{chat}\"")), "{}", page.text());

    let fields = [("service", "elevenlabs"), ("fields[key]", "a-key-of-mine"), ("chat", &chat)];
    let done = browser.post_form("/api/connections/add", &fields).await;
    assert!(done.location().ends_with(&format!("/chat/{chat}")), "{} {}", done.location(), done.text());
    app.state().chat.go_on_where_met(user).await.unwrap();
    becomes(&app, sent, "finished").await;
    let whole = answer(&app.state().chat, &asker, sent).await;
    assert!(whole.html.contains("It is there now.") && whole.needs[0].state == NeedState::Met, "{}", whole.html);
}
