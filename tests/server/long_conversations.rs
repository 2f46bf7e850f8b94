//! Long conversations, read from any place in them, and found by the services that were used in them.

use aura::{
    chat::{
        Asker, ChatError, Spot,
        found::{Found, Search, Shelf, Stretch},
        model::{Conversation, Message},
        proposal::Decision,
    },
    kit::id::{ConversationId, MessageId},
};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    answering::{answer, becomes},
    browser::Browser,
    conversations::{asker_of, says},
    outside::{Outside, Reply, Step, connect, person},
    runs::settled,
    support::TestApp,
};

/// Makes of a conversation with one question and its answer one of so many messages, each with its number.
async fn lengthen(app: &TestApp, asker: &Asker, id: ConversationId, messages: i32) {
    sqlx::query(
        "with made as (
             select n, gen_random_uuid() as id from generate_series(3, $4) n
         ), chained as (
             select made.n, made.id, coalesce(above.id, c.leaf_id) as parent
             from made cross join conversations c left join made above on above.n = made.n - 1
             where c.id = $3
         ), written as (
             insert into messages (id, conversation_id, parent_id, author, content, created_at)
             select id, $3, parent, case when n % 2 = 1 then 'person' else 'assistant' end, 'number ' || n || '.',
                 $1 + n * interval '1 second'
             from chained
         ), run as (
             insert into runs (id, conversation_id, user_id, question_id, answer_id, state, heartbeat_at, last_seq,
                 created_at, settled_at)
             select gen_random_uuid(), $3, $2, parent, id, 'finished', $1, 0, $1, $1 from chained where n % 2 = 0
         )
         update conversations set leaf_id = (select id from chained where n = $4) where id = $3",
    )
    .bind(app.clock().now())
    .bind(Uuid::from(asker.user))
    .bind(Uuid::from(id))
    .bind(messages)
    .execute(app.db())
    .await
    .unwrap();
}

async fn numbered(app: &TestApp, id: ConversationId, number: i32) -> MessageId {
    let query = "select id from messages where conversation_id = $1 and content = $2";
    sqlx::query_scalar(query).bind(Uuid::from(id)).bind(format!("number {number}.")).fetch_one(app.db()).await.unwrap()
}

/// The numbers of the first and the last message of a page, and how many it has.
fn ends(messages: &[Message]) -> (i32, i32, usize) {
    let number = |message: Option<&Message>| {
        let text = match message.unwrap() {
            Message::Question(question) => question.text.clone(),
            Message::Answer(answer) => answer.html.clone(),
        };
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    };
    (number(messages.first()), number(messages.last()), messages.len())
}

async fn opened(app: &TestApp, asker: &Asker, id: ConversationId, spot: Spot) -> Conversation {
    app.state().chat.open_at(asker, Some(id), spot).await.unwrap().conversation.unwrap()
}

#[sqlx::test]
async fn cv_04_a_long_conversation_is_opened_around_any_message_and_read_both_ways(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let mira = asker_of(&app).await;
    let eve = person(&app, "Eve").await;
    let chat = &app.state().chat;
    outside.model(says("number 2."));
    let sent = chat.send(&mira, None, "number 1.", "k1").await.unwrap();
    settled(&app, sent.run).await;
    let id = sent.conversation;
    lengthen(&app, &mira, id, 1_000).await;

    // In the midst: as much before it as after it.
    let middle = numbered(&app, id, 500).await;
    let page = opened(&app, &mira, id, Spot::At(middle)).await;
    assert_eq!(ends(&page.messages), (476, 525, 50));
    assert!(page.has_earlier && page.has_later);
    assert_eq!(page.leaf, Some(numbered(&app, id, 1_000).await), "what is asked next follows the end, not this page");
    // Near the ends nothing is said to be there that is not.
    let page = opened(&app, &mira, id, Spot::At(numbered(&app, id, 3).await)).await;
    assert_eq!((ends(&page.messages), page.has_earlier, page.has_later), ((1, 28, 28), false, true));
    let page = opened(&app, &mira, id, Spot::At(numbered(&app, id, 1_000).await)).await;
    assert_eq!((ends(&page.messages), page.has_earlier, page.has_later), ((976, 1_000, 25), true, false));

    // From there to the end, each message once.
    let (mut last, mut read) = (525, 0);
    loop {
        let later = chat.later(&mira, id, numbered(&app, id, last).await).await.unwrap();
        assert_eq!(ends(&later.messages).0, last + 1);
        last = ends(&later.messages).1;
        read += later.messages.len();
        if !later.has_later {
            break;
        }
    }
    assert_eq!((last, read), (1_000, 475));
    let end = chat.later(&mira, id, numbered(&app, id, 1_000).await).await.unwrap();
    assert!(end.messages.is_empty() && !end.has_later);

    // A message of another version is shown with what led to it.
    outside.model(says("number 2000."));
    let beside =
        json!({ "conversation": id, "text": "number 1999.", "key": "k2", "beside": numbered(&app, id, 999).await });
    let answered = browser.post_json("/api/chat", &beside).await;
    assert!(answered.status.is_success(), "{}", answered.text());
    let run =
        sqlx::query_scalar("select id from runs order by created_at desc, id desc limit 1").fetch_one(app.db()).await;
    settled(&app, run.unwrap()).await;
    let elsewhere = opened(&app, &mira, id, Spot::At(numbered(&app, id, 1_000).await)).await;
    assert_eq!((ends(&elsewhere.messages).1, elsewhere.has_later), (1_000, true));

    // Nobody else's, and nothing that is not there.
    for spot in [Spot::At(middle), Spot::After(middle), Spot::Before(middle)] {
        let refused = chat.open_at(&eve, Some(id), spot).await;
        assert!(matches!(refused, Err(ChatError::NotFound(_))), "{spot:?}");
    }
    assert!(matches!(chat.later(&eve, id, middle).await, Err(ChatError::NotFound(_))));

    // As pages, with the ways on as links.
    let page = browser.get(&format!("/chat/{id}?at={middle}")).await;
    let text = page.text().to_owned();
    for expected in [
        format!("id=\"m-{middle}\""),
        format!("href=\"/chat/{id}?after={}\"", numbered(&app, id, 525).await),
        format!("href=\"/chat/{id}?before={}\"", numbered(&app, id, 476).await),
    ] {
        assert!(text.contains(&expected), "{expected} is missing in {text}");
    }
    assert_eq!(text.matches("data-found=\"true\"").count(), 1);
    let next = browser.get(&format!("/chat/{id}?after={}", numbered(&app, id, 525).await)).await;
    assert!(next.text().contains("number 526.") && next.text().contains("number 575."), "{}", next.text());
    assert!(!next.text().contains("number 525.") && !next.text().contains("number 576."), "{}", next.text());
    for wrong in [format!("at={id}"), format!("after={id}"), "at=x".to_owned()] {
        assert_eq!(browser.get(&format!("/chat/{id}?{wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }

    // What is found leads to its message.
    let found = chat.search(&mira, &Search { q: "500".to_owned(), ..Search::default() }).await.unwrap();
    assert_eq!(found.hits[0].message, Some(middle));
    assert_eq!(found.hits[0].address(), format!("/chat/{id}?at={middle}#m-{middle}"));
}

/// Asks something for which a service is read.
async fn read(
    app: &TestApp,
    outside: &Outside,
    asker: &Asker,
    tool: &'static str,
    question: &str,
    key: &str,
) -> ConversationId {
    app.clock().advance(time::Duration::seconds(1));
    outside.model(Reply::Stream(vec![Step::Call(tool, json!({})), Step::Finish("tool_calls")]));
    outside.model(says("That is all."));
    let sent = app.state().chat.send(asker, None, question, key).await.unwrap();
    settled(app, sent.run).await;
    sent.conversation
}

#[sqlx::test]
async fn cv_05_conversations_are_found_by_the_services_that_were_used_in_them(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let mira = asker_of(&app).await;
    let eve = person(&app, "Eve").await;
    for user in [mira.user, eve.user] {
        connect(&app, user, "github").await;
    }
    connect(&app, mira.user, "slack").await;
    let chat = &app.state().chat;
    let issues = read(&app, &outside, &mira, "github__list_my_issues", "Which issues are mine?", "k1").await;
    let rooms = read(&app, &outside, &mira, "slack__list_channels", "Which rooms are there?", "k2").await;
    outside.model(says("Hello."));
    let sent = chat.send(&mira, None, "Which issues matter at all?", "k3").await.unwrap();
    settled(&app, sent.run).await;
    let hers = read(&app, &outside, &eve, "github__list_my_issues", "Which issues are hers?", "k4").await;
    let talk = sent.conversation;
    // A change has an approval in the place of its run.
    let noor = person(&app, "Noor").await;
    connect(&app, noor.user, "github").await;
    let issue = json!({"owner": "northbeam", "repo": "harbor", "title": "Receipts", "body": "They show dollars."});
    outside.model(Reply::Stream(vec![Step::Call("github__create_issue", issue), Step::Finish("tool_calls")]));
    outside.model(says("Done."));
    let made = json!({"number": 7, "title": "Receipts", "html_url": "https://github.com/northbeam/harbor/issues/7"});
    outside.service("/api.github.com/repos/northbeam/harbor/issues", 201, &made);
    let asked = chat.send(&noor, None, "Open an issue about the receipts", "k5").await.unwrap();
    becomes(&app, asked, "waiting").await;
    let proposal = answer(chat, &noor, asked).await.proposals.remove(0);
    chat.decide(&noor, proposal.id, Decision::Approve, &[]).await.unwrap();
    settled(&app, asked.run).await;

    let on = async |asker: &Asker, search: Search| -> Vec<ConversationId> {
        let Found { hits, .. } = app.state().chat.search(asker, &search).await.unwrap();
        hits.iter().map(|hit| hit.conversation).collect()
    };
    let service = |service: &str| Search { service: service.to_owned(), ..Search::default() };
    assert_eq!(on(&mira, service("github")).await, [issues]);
    assert_eq!(on(&mira, service("slack")).await, [rooms]);
    assert_eq!(on(&mira, service("linear")).await, []);
    assert_eq!(on(&eve, service("github")).await, [hers]);
    assert_eq!(on(&eve, service("slack")).await, [], "nobody else's");
    assert_eq!(on(&noor, service("github")).await, [asked.conversation]);
    assert_eq!(on(&mira, service("")).await, [talk, rooms, issues]);
    // With words, on a shelf, in a time.
    let issues_in = |name: &str| Search { q: "issues".to_owned(), ..service(name) };
    assert_eq!(on(&mira, issues_in("github")).await, [issues]);
    assert_eq!(on(&mira, issues_in("")).await, [talk, issues]);
    assert_eq!(on(&mira, Search { shelf: Shelf::Pinned, ..issues_in("github") }).await, []);
    chat.pin(mira.user, issues, true).await.unwrap();
    assert_eq!(on(&mira, Search { shelf: Shelf::Pinned, ..service("github") }).await, [issues]);
    app.clock().advance(time::Duration::days(8));
    assert_eq!(on(&mira, Search { stretch: Stretch::Week, ..service("github") }).await, []);
    assert_eq!(on(&mira, Search { stretch: Stretch::Month, ..service("github") }).await, [issues]);

    // By a plain form, whose fields are the address.
    let page = browser.get("/chat/search?service=github&time=month").await;
    let text = page.text().replace("<!>", "");
    assert!(
        text.contains("Which issues are mine?") && !text.contains(&format!("row\" href=\"/chat/{rooms}")),
        "{text}"
    );
    let select = text.split_once("name=\"service\"").unwrap().1.split_once("</select>").unwrap().0;
    assert!(select.contains("value=\"github\" selected") && select.contains(">Slack<"), "{select}");
    assert!(text.contains("href=\"/chat/search?in=pinned&amp;time=month&amp;service=github\""), "{text}");
    let empty = browser.get("/chat/search?service=no%22where").await;
    assert!(empty.text().contains("Nothing was found"), "{}", empty.text());

    // With a conversation goes that it is found.
    chat.delete(mira.user, issues).await.unwrap();
    assert_eq!(on(&mira, service("github")).await, []);
}
