//! The outbox of text messages.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use aura::{
    kit::id::TextMessageId,
    platform::text_messages::{NewText, TextError, TextMessages, TextMessenger},
};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{browser::wait, support::TestApp};

/// Answers what it is given, and keeps what it was asked.
#[derive(Default)]
struct Service {
    answers: Mutex<VecDeque<TextError>>,
    sent: Mutex<Vec<(String, String)>>,
    slow: bool,
}

#[async_trait]
impl TextMessenger for Service {
    async fn send(&self, _: TextMessageId, to: &str, text: &str) -> Result<Option<String>, TextError> {
        if self.slow {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        if let Some(error) = self.answers.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.sent.lock().unwrap().push((to.to_owned(), text.to_owned()));
        Ok(Some("an-id".to_owned()))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("by a test")
    }
}

async fn enqueue(app: &TestApp, texts: &TextMessages) -> TextMessageId {
    let useless_at = app.clock().now() + Duration::minutes(10);
    let new = NewText { template: "phone", number: "+4915123456789", country: "DE", text: "Hello", useless_at };
    let mut tx = app.db().begin().await.unwrap();
    texts.enqueue(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    let id: Uuid = sqlx::query_scalar("select id from text_messages order by created_at desc, ctid desc limit 1")
        .fetch_one(app.db())
        .await
        .unwrap();
    id.into()
}

async fn row(app: &TestApp, id: TextMessageId) -> (String, i16, Option<String>, bool) {
    sqlx::query_as("select state, tries, problem, sealed_content is null from text_messages where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn tm_09_a_message_is_tried_again_while_its_code_works_and_sent_once(db: PgPool) {
    let app = TestApp::with(db, &[("TEXT_MESSAGES", "log")]).await;
    let service = Arc::new(Service { slow: true, ..Service::default() });
    let texts = app.state().texts.clone().leaving_by(service.clone());
    let other = app.second_process().await.state().texts.clone().leaving_by(service.clone());
    // Two processes at once, and a failure before.
    service.answers.lock().unwrap().push_back(TextError::NotTaken("Throttled (400)".to_owned()));
    let id = enqueue(&app, &texts).await;
    texts.send(id).await.unwrap();
    let waiting = ("waiting".to_owned(), 1, Some("the service did not take it: Throttled (400)".to_owned()), false);
    assert_eq!(row(&app, id).await, waiting);
    texts.send(id).await.unwrap();
    assert_eq!(row(&app, id).await.1, 1, "not before its pause is over");
    wait(&app, Duration::seconds(5));
    let (one, two) = tokio::join!(texts.send(id), other.send(id));
    one.and(two).unwrap();
    texts.send(id).await.unwrap();
    assert_eq!(*service.sent.lock().unwrap(), [("+4915123456789".to_owned(), "Hello".to_owned())]);
    assert_eq!(row(&app, id).await, ("sent".to_owned(), 2, None, true));

    // What will never be taken is given up at once, and what nobody took in time is not sent any more.
    service.answers.lock().unwrap().push_back(TextError::Refused("OptedOut".to_owned()));
    let id = enqueue(&app, &texts).await;
    texts.send(id).await.unwrap();
    assert_eq!(
        row(&app, id).await,
        ("failed".to_owned(), 1, Some("the service refused it: OptedOut".to_owned()), true)
    );
    let id = enqueue(&app, &texts).await;
    wait(&app, Duration::minutes(10));
    assert_eq!(texts.sweep().await.unwrap(), 1);
    let given_up = ("failed".to_owned(), 1, Some("It did not leave while its code worked.".to_owned()), true);
    assert_eq!(row(&app, id).await, given_up);
    assert_eq!(service.sent.lock().unwrap().len(), 1);
}

#[sqlx::test]
async fn tm_10_a_message_whose_process_died_is_sent_by_another(db: PgPool) {
    let app = TestApp::with(db, &[("TEXT_MESSAGES", "log")]).await;
    let service = Arc::new(Service { slow: true, ..Service::default() });
    let texts = app.state().texts.clone().leaving_by(service.clone());
    let id = enqueue(&app, &texts).await;
    // The attempt is noted, and then nothing more is heard of its process.
    let dying = texts.clone();
    let attempt = tokio::spawn(async move { dying.send(id).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    attempt.abort();
    let _ = attempt.await;
    assert_eq!(texts.sweep().await.unwrap(), 0, "somebody may be at it");
    wait(&app, Duration::minutes(1));
    assert_eq!(texts.sweep().await.unwrap(), 1);
    assert_eq!(service.sent.lock().unwrap().len(), 1);
    assert_eq!(row(&app, id).await, ("sent".to_owned(), 2, None, true));
}
