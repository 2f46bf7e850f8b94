//! Names that the model gives to conversations.

use aura::kit::id::ConversationId;

use sqlx::PgPool;

use crate::{
    conversations::says,
    outside::{Outside, Reply, connect, person},
    runs::settled,
};

async fn title(app: &crate::support::TestApp, id: ConversationId) -> (String, String) {
    sqlx::query_as("select title, named_by from conversations where id = $1")
        .bind(uuid::Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn ti_01_the_model_names_a_conversation_once_after_its_first_answer_from_the_question_alone(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mira = person(&app, "Mira").await;
    connect(&app, mira.user, "github").await;
    let chat = &app.state().chat;
    outside.model(says("The answer, with what GitHub says."));
    let question = "Wo könnte ich am Donnerstag in Lissabon mit zwölf Leuten zu Abend essen?";
    let sent = chat.send(&mira, None, question, "k1").await.unwrap();
    settled(&app, sent.run).await;
    let used = async || -> (i64, i64, i64) {
        sqlx::query_as("select messages, tokens, (select count(*) from usage_ledger) from usage_months")
            .fetch_one(app.db())
            .await
            .unwrap()
    };
    let before = used().await;
    outside.model(Reply::Stream(vec![
        crate::outside::Step::Text("**Abendessen in Lissabon.**\n<script>"),
        crate::outside::Step::Raw("{\"choices\":[],\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":9}}"),
        crate::outside::Step::Finish("stop"),
    ]));
    assert_eq!(chat.name_conversations().await.unwrap(), 1);
    assert_eq!(title(&app, sent.conversation).await, ("Abendessen in Lissabon".to_owned(), "model".to_owned()));
    let asked = outside.asked();
    let asked = asked.last().unwrap();
    assert_eq!(asked.get("tools"), None, "{asked}");
    assert_eq!(asked["messages"].as_array().unwrap().len(), 2, "{asked}");
    assert!(asked["messages"][1]["content"].as_str().unwrap().contains(question), "{asked}");
    assert!(!asked.to_string().contains("GitHub"), "nothing but the question: {asked}");
    // It counts by what the provider says, and is no message of the month.
    let after = used().await;
    assert_eq!((after.0 - before.0, after.1 - before.1, after.2 - before.2), (0, 50, 1));
    let days: i64 = sqlx::query_scalar("select sum(messages)::bigint from usage_ledger where state = 'settled'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(days, 1);
    // Once, whatever else is asked there, also by two processes at once.
    let count = outside.asked().len();
    outside.model(says("More."));
    let more = chat.send(&mira, Some(sent.conversation), "And on Friday?", "k2").await.unwrap();
    settled(&app, more.run).await;
    let other = app.second_process().await;
    let named = tokio::join!(chat.name_conversations(), other.state().chat.name_conversations());
    assert_eq!((named.0.unwrap(), named.1.unwrap(), outside.asked().len()), (0, 0, count + 1));
    other.state().chat.close().await;
}

#[sqlx::test]
async fn ti_02_a_name_that_its_person_gave_stays_and_so_does_the_rules_where_the_model_gives_none(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mira = person(&app, "Mira").await;
    let chat = &app.state().chat;
    let ask = async |key: &str| {
        app.clock().advance(time::Duration::seconds(1));
        outside.model(says("Yes."));
        let sent = chat.send(&mira, None, "Is the harbour open?", key).await.unwrap();
        settled(&app, sent.run).await;
        sent.conversation
    };
    let own = ask("k1").await;
    chat.rename(mira.user, own, "My harbour").await.unwrap();
    assert_eq!(chat.name_conversations().await.unwrap(), 0);
    assert_eq!(outside.asked().len(), 1, "nobody is asked about what has a name");
    assert_eq!(title(&app, own).await.0, "My harbour");
    for (key, reply) in [
        ("k2", Reply::Status(500, &[], "{}")),
        ("k3", Reply::Status(400, &[], "{}")),
        ("k4", says("***")),
        ("k5", Reply::Html),
    ] {
        let id = ask(key).await;
        outside.model(reply);
        if key == "k2" {
            // It is tried again before it is given up.
            outside.model(Reply::Status(500, &[], "{}"));
            outside.model(Reply::Status(500, &[], "{}"));
        }
        assert_eq!(chat.name_conversations().await.unwrap(), 0, "{key}");
        assert_eq!(title(&app, id).await, ("Is the harbour open?".to_owned(), "rule".to_owned()), "{key}");
        assert_eq!(chat.name_conversations().await.unwrap(), 0, "{key}: once");
    }
    // The name comes while its person gives another one.
    let raced = ask("k6").await;
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    outside.model(Reply::Stream(vec![
        crate::outside::Step::Gate(gate.clone()),
        crate::outside::Step::Text("A name"),
        crate::outside::Step::Finish("stop"),
    ]));
    let naming = chat.name_conversations();
    let renaming = async {
        crate::outside::eventually("the model is asked", async || {
            let asked: bool = sqlx::query_scalar("select name_asked_at is not null from conversations where id = $1")
                .bind(uuid::Uuid::from(raced))
                .fetch_one(app.db())
                .await
                .unwrap();
            asked.then_some(())
        })
        .await;
        chat.rename(mira.user, raced, "Mine").await.unwrap();
        gate.notify_one();
    };
    let (named, ()) = tokio::join!(naming, renaming);
    assert_eq!((named.unwrap(), title(&app, raced).await.0), (0, "Mine".to_owned()));

    // A plan whose month is used up asks nobody.
    let poor = ask("k7").await;
    sqlx::query("update usage_months set tokens = 1000000000").execute(app.db()).await.unwrap();
    let count = outside.asked().len();
    assert_eq!(chat.name_conversations().await.unwrap(), 0);
    assert_eq!((outside.asked().len(), title(&app, poor).await.1), (count, "rule".to_owned()));
}
