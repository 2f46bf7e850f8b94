//! What tests look at while an answer is written, waits, or is there.

use aura::chat::{
    Asker, Chat,
    model::{Answer, Message, Sent},
};
use uuid::Uuid;

use crate::{outside::eventually, support::TestApp};

/// The state of a run, as the database has it.
pub async fn state(app: &TestApp, sent: Sent) -> String {
    sqlx::query_scalar("select state from runs where id = $1")
        .bind(Uuid::from(sent.run))
        .fetch_one(app.db())
        .await
        .unwrap()
}

/// Waits until a run has this state.
pub async fn becomes(app: &TestApp, sent: Sent, wanted: &str) {
    eventually(wanted, async || (state(app, sent).await == wanted).then_some(())).await;
}

/// The answer of a run, as its person sees it.
pub async fn answer(chat: &Chat, asker: &Asker, sent: Sent) -> Answer {
    let conversation = chat.open(asker, Some(sent.conversation)).await.unwrap().conversation.unwrap();
    let of_run = conversation.messages.into_iter().find_map(|message| match message {
        Message::Answer(answer) if answer.run.id == sent.run => Some(answer),
        _ => None,
    });
    of_run.unwrap()
}
