//! Answers that the model's operator keeps: another process goes on with them, to the last letter and for one price.

use aura::{
    chat::{
        Asker,
        model::{RunEvent, RunState, Sent},
    },
    kit::id::RunId,
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    durable::{all, logged, other_process, text},
    inference_world::Models,
    other_process::kill,
    outside::{eventually, person},
    runs::settled,
    support::TestApp,
};

const QUESTION: &str = "hello there";

/// A model whose operator keeps answers, and writes them slowly enough for somebody to die meanwhile.
struct Operator {
    models: Models,
    address: String,
}

impl Operator {
    async fn start() -> Self {
        Self::with_pause(40).await
    }

    /// With so many milliseconds between two pieces.
    async fn with_pause(milliseconds: u64) -> Self {
        let models = Models::with_pause(milliseconds).await;
        let address = format!("*={}", models.sandbox.settings.base);
        Self { models, address }
    }

    fn variables(&self) -> [(&str, &str); 5] {
        [
            ("HOST_OVERRIDES", self.address.as_str()),
            ("OPENAI_API_KEY", "sandbox-key"),
            ("OPENAI_MODEL", "sandbox-1"),
            ("MODEL_WIRE", "responses"),
            ("MODEL_BACKGROUND", "on"),
        ]
    }

    async fn app(&self, db: PgPool) -> TestApp {
        TestApp::with(db, &self.variables()).await
    }

    /// What was asked, but for the answers themselves.
    fn asked(&self, act: &str) -> usize {
        self.models.notes().into_iter().filter(|(_, note)| note == act).count()
    }
}

/// A part of the answer stands in the log, and not all of it.
async fn begun(app: &TestApp, run: RunId) -> String {
    eventually("the beginning", async || Some(logged(app, run).await).filter(|text| !text.is_empty())).await
}

/// The same question, answered without any trouble: its text, and what all of that took until now.
async fn answered(app: &TestApp, asker: &Asker) -> (String, i64) {
    let sent = app.state().chat.send(asker, None, QUESTION, "undisturbed").await.unwrap();
    (settled(app, sent.run).await.text, spent(app).await)
}

async fn spent(app: &TestApp) -> i64 {
    let spent = "select (sum(tokens) + 1000000 * sum(tokens_reserved + messages_reserved))::bigint from usage_months";
    sqlx::query_scalar(spent).fetch_one(app.db()).await.unwrap()
}

async fn held(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from held_answers").fetch_one(app.db()).await.unwrap()
}

/// As if its process had been silent for long: until a sweep comes before its next sign of life.
async fn swept(other: &TestApp) {
    eventually("the sweep", async || {
        sqlx::query("update runs set heartbeat_at = 'epoch'").execute(other.db()).await.unwrap();
        (other.state().chat.settle_abandoned().await.unwrap() == 1).then_some(())
    })
    .await;
}

async fn asked(app: &TestApp, asker: &Asker) -> Sent {
    let sent = app.state().chat.send(asker, None, QUESTION, "k1").await.unwrap();
    let so_far = begun(app, sent.run).await;
    assert_eq!(held(app).await, 1, "{so_far}");
    sent
}

#[sqlx::test]
async fn an_21_an_answer_that_its_operator_keeps_is_finished_by_another_process_and_paid_for_once(db: PgPool) {
    let operator = Operator::start().await;
    let app = operator.app(db).await;
    let asker = person(&app, "Mira").await;
    let child = other_process(&app, &operator.variables(), &asker, QUESTION);
    let run: RunId = eventually("the run", async || {
        sqlx::query_scalar("select id from runs").fetch_optional(app.db()).await.unwrap()
    })
    .await;
    begun(&app, run).await;
    kill(child).await;
    let so_far = logged(&app, run).await;
    let viewer = tokio::spawn(all(app.state().chat.follow(asker.user, run, 0).await.unwrap()));
    app.clock().advance(time::Duration::seconds(10) + time::Duration::milliseconds(1));
    assert_eq!(app.state().chat.settle_abandoned().await.unwrap(), 1);
    let end = settled(&app, run).await;
    let heard = viewer.await.unwrap();
    assert_eq!((operator.models.asked(), operator.asked("model: answer cancelled")), (1, 0), "asked once");
    let (once, rows) = (spent(&app).await, held(&app).await);
    // The other process knew another zone, of which the model is told.
    let asker = Asker { zone: "UTC".into(), ..asker };
    let (whole, twice) = answered(&app, &asker).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("finished", whole.as_str()));
    assert!(so_far.len() < whole.len() && whole.starts_with(&so_far), "{so_far}");
    assert_eq!((text(&heard), logged(&app, run).await), (whole.clone(), whole), "nothing lost, nothing twice");
    assert!(matches!(heard.last().unwrap().event, RunEvent::Settled { state: RunState::Finished, .. }));
    assert!(once > 0 && twice == 2 * once, "{once} and {twice}");
    assert_eq!(rows, 0, "nothing is kept of what is settled");
}

#[sqlx::test]
async fn an_22_a_process_that_ends_leaves_its_answers_to_the_next_one(db: PgPool) {
    let operator = Operator::start().await;
    let app = operator.app(db).await;
    let other = app.second_process().await;
    let asker = person(&app, "Mira").await;
    let sent = asked(&app, &asker).await;
    app.state().chat.close().await;
    // At once: nobody waits for ten seconds of silence.
    assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 1);
    let end = settled(&other, sent.run).await;
    assert_eq!((operator.models.asked(), operator.asked("model: answer cancelled")), (1, 0));
    assert_eq!((end.state, end.text), ("finished".into(), answered(&other, &asker).await.0));
}

#[sqlx::test]
async fn an_23_who_was_only_slow_ends_nothing_that_another_process_hears(db: PgPool) {
    let operator = Operator::start().await;
    let app = operator.app(db).await;
    let other = app.second_process().await;
    let asker = person(&app, "Mira").await;
    let sent = asked(&app, &asker).await;
    swept(&other).await;
    assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 0, "once");
    let end = settled(&other, sent.run).await;
    assert_eq!((operator.models.asked(), operator.asked("model: answer cancelled")), (1, 0));
    let (whole, _) = answered(&other, &asker).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("finished", whole.as_str()));
    assert_eq!(logged(&other, sent.run).await, whole, "one hand has written");
}

#[sqlx::test]
async fn an_24_what_cannot_be_heard_again_is_interrupted(db: PgPool) {
    let operator = Operator::with_pause(200).await;
    let app = operator.app(db).await;
    let other = app.second_process().await;
    let asker = person(&app, "Mira").await;
    let troubles = [
        // Its operator has forgotten it.
        "update held_answers set response = 'resp_unknown'",
        // Three processes have died of it.
        "update held_answers set taken_over = 3",
        // A change was made already: to hear the answer again would make it again.
        "insert into run_proposals (approval_id, run_id, user_id, call_id, created_at)
             select id, id, user_id, 'call_1', since from held_answers",
        // Nobody can read it any more.
        "update held_answers set sealed_turn = 'v1.k1.AAAA'",
    ];
    for (number, trouble) in troubles.into_iter().enumerate() {
        let sent = app.state().chat.send(&asker, None, QUESTION, &format!("k{number}")).await.unwrap();
        begun(&app, sent.run).await;
        let mut transaction = app.db().begin().await.unwrap();
        sqlx::query("set local session_replication_role = replica").execute(&mut *transaction).await.unwrap();
        sqlx::query(trouble).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        swept(&other).await;
        let end = settled(&other, sent.run).await;
        assert_eq!(end.state, "interrupted", "{trouble}");
        assert!(!end.text.is_empty(), "{trouble}");
        sqlx::query("delete from run_proposals where run_id = $1")
            .bind(Uuid::from(sent.run))
            .execute(app.db())
            .await
            .unwrap();
    }
    assert_eq!(held(&app).await, 0);
}
