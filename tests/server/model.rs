//! What a model can do wrong: every case settles the answer with its own sentence, and none looks like success.

use std::time::Duration;

use aura::{chat::Chat, inference::Inference, kit::id::RunId};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    browser::Browser,
    outside::{Outside, Reply, Step, person},
    runs::{parts, settled},
    support::{Logs, TestApp},
};

async fn fails(app: &TestApp, chat: &Chat, name: &str) -> (String, String, String) {
    let asker = person(app, name).await;
    let sent = chat.send(&asker, None, "What is on?", name).await.unwrap();
    let end = settled(app, sent.run).await;
    assert_eq!(end.state, "failed", "{name}: {end:?}");
    (end.error_code.unwrap(), end.error_message.unwrap(), end.text)
}

#[sqlx::test]
async fn an_10_each_failure_of_a_model_has_its_sentence(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let chat = &app.state().chat;

    outside.model(Reply::Status(429, &[("retry-after", "17")], "{}"));
    let (code, sentence, _) = fails(&app, chat, "limited").await;
    assert_eq!(code, "model_limited");
    assert!(sentence.contains("17 seconds"), "{sentence}");

    // Tried three times before it is told.
    for _ in 0..3 {
        outside.model(Reply::Status(500, &[], "canary-model-body"));
    }
    assert_eq!(fails(&app, chat, "broken").await.0, "model_unavailable");

    outside.model(Reply::Status(401, &[], "{\"error\":{\"message\":\"bad key\"}}"));
    let (code, sentence, _) = fails(&app, chat, "refused").await;
    assert_eq!(code, "model_refused");
    assert!(!sentence.contains("canary"), "{sentence}");

    outside.model(Reply::Status(404, &[], "{}"));
    let (code, sentence, _) = fails(&app, chat, "missing").await;
    assert_eq!(code, "model_not_found");
    assert!(sentence.contains("gpt-4o-mini"), "{sentence}");

    outside.model(Reply::Status(400, &[], "{\"error\":{\"code\":\"model_not_found\"}}"));
    assert_eq!(fails(&app, chat, "missing-400").await.0, "model_not_found");

    outside.model(Reply::Status(400, &[], "{}"));
    assert_eq!(fails(&app, chat, "rejected").await.0, "model_rejected");

    outside.model(Reply::Html);
    assert_eq!(fails(&app, chat, "page").await.0, "model_malformed");

    outside.model(Reply::Stream(vec![Step::Text("Half an ans")]));
    let (code, _, text) = fails(&app, chat, "cut").await;
    assert_eq!((code.as_str(), text.as_str()), ("model_cut_off", "Half an ans"), "what had arrived is kept");

    outside.model(Reply::Stream(vec![Step::Text("All said"), Step::Raw("[DONE]")]));
    assert_eq!(fails(&app, chat, "no-finish").await.0, "model_cut_off");

    outside.model(Reply::Stream(vec![Step::Raw("this is no JSON")]));
    assert_eq!(fails(&app, chat, "garbage").await.0, "model_malformed");

    outside.model(Reply::Stream(vec![Step::Text("a"), Step::Raw("{\"error\":{\"message\":\"boom\"}}")]));
    assert_eq!(fails(&app, chat, "in-stream").await.0, "model_unavailable");

    outside.model(Reply::Stream(vec![Step::Text("a"), Step::Finish("content_filter")]));
    assert_eq!(fails(&app, chat, "filtered").await.0, "model_filtered");

    outside.model(Reply::Stream(vec![Step::Text("a"), Step::Finish("length")]));
    assert_eq!(fails(&app, chat, "length").await.0, "model_length");

    assert_eq!(outside.asked().len(), 13 + 2, "nothing else was tried twice");
}

#[sqlx::test]
async fn a_silent_model_is_given_up(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let state = app.state();
    let patience = Duration::from_millis(300);
    let inference =
        Inference::with_patience(state.settings.model.as_ref(), &state.http, &state.clock, &state.random, patience);
    let chat = Chat::new(aura::chat::Parts { inference, ..parts(&app) });

    outside.model(Reply::Hang);
    assert_eq!(fails(&app, &chat, "hang").await.0, "model_silent");

    outside.model(Reply::Stream(vec![Step::Text("So far"), Step::Silence]));
    let (code, _, text) = fails(&app, &chat, "silence").await;
    assert_eq!((code.as_str(), text.as_str()), ("model_silent", "So far"));
    assert_eq!(outside.hung_up(), 1, "the line is not kept open");
}

#[sqlx::test]
async fn a_failure_of_a_model_is_logged_with_the_request_that_asked(db: PgPool) {
    let (logs, _listening) = Logs::listen();
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    outside.model(Reply::Status(401, &[], "{}"));
    let sent = mira.post_json("/api/chat", &json!({ "text": "Hello?", "key": "k1" })).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    let run: RunId = sent.value()["run"].as_str().unwrap().parse().unwrap();
    assert_eq!(settled(&app, run).await.state, "failed");
    let text = logs.text();
    let line = text.lines().find(|line| line.contains("the model gave no whole answer")).expect(&text);
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["request_id"], sent.header("x-request-id"), "{line}");
    assert_eq!(line["run"], run.to_string(), "{line}");
}

#[sqlx::test]
async fn an_11_a_fallback_answers_where_the_model_is_gone(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let state = app.state();
    let mut settings = state.settings.model.clone().unwrap();
    settings.fallbacks = vec!["second-model".into()];
    let inference = Inference::new(Some(&settings), &state.http, &state.clock, &state.random);
    let chat = Chat::new(aura::chat::Parts { inference, ..parts(&app) });
    outside.model(Reply::Status(404, &[], "{}"));
    outside.model(Reply::Stream(vec![Step::Text("Here."), Step::Finish("stop")]));
    let asker = person(&app, "mira").await;
    let sent = chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("finished", "Here."));
    assert_eq!(end.model.as_deref(), Some("second-model"));
    let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap();
    let answer = serde_json::to_string(&opened.conversation).unwrap();
    let notice = "Answered by second-model, because gpt-4o-mini is not available.";
    assert!(answer.contains(notice), "it is said for as long as the answer stands: {answer}");
    let models: Vec<_> = outside.asked().iter().map(|asked| asked["model"].clone()).collect();
    assert_eq!(models, ["gpt-4o-mini", "second-model"]);
}
