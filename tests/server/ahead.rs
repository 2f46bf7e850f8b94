//! Text that is shown before it is written: to whoever follows an answer in the process that writes it.

use std::{sync::Arc, time::Duration};

use aura::chat::{Followed, model::RunEvent};
use futures::{Stream, StreamExt as _};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    browser::Browser,
    durable::{all, logged, says, text},
    outside::{Outside, Reply, Step, person},
    runs::settled,
};

/// Hears on until this is ahead of the log.
async fn ahead(viewer: &mut (impl Stream<Item = Followed> + Unpin), wanted: &str) -> Vec<Followed> {
    let mut heard = Vec::new();
    let listening = async {
        while let Some(followed) = viewer.next().await {
            let found = matches!(&followed.event, RunEvent::Ahead { text } if text == wanted);
            heard.push(followed);
            if found {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), listening).await.expect("what is ahead");
    heard
}

#[sqlx::test]
async fn an_25_text_is_shown_before_it_is_written_and_without_a_look_into_the_log(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let (first, second) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let steps = vec![
        Step::Text("Written. "),
        Step::Gate(first.clone()),
        Step::Text("Shown, "),
        Step::Gate(second.clone()),
        Step::Text("then written."),
        Step::Finish("stop"),
    ];
    outside.model(Reply::Stream(steps));
    let sent = app.state().chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    says(&app, sent.run, "Written. ").await;
    let mut viewer = Box::pin(app.state().chat.follow(asker.user, sent.run, 0).await.unwrap());
    let mut heard = Vec::new();
    while text(&heard) != "Written. " {
        heard.push(viewer.next().await.unwrap());
    }
    // Nobody can write the log or read it now.
    let mut lock = app.db().begin().await.unwrap();
    sqlx::query("lock table run_events in access exclusive mode").execute(&mut *lock).await.unwrap();
    first.notify_one();
    heard.extend(ahead(&mut viewer, "Shown, ").await);
    second.notify_one();
    heard.extend(ahead(&mut viewer, "Shown, then written.").await);
    assert_eq!(text(&heard), "Written. ");
    assert!(
        heard
            .iter()
            .all(|one| one.seq.is_none() == matches!(one.event, RunEvent::Ahead { .. } | RunEvent::Html { .. }))
    );
    lock.commit().await.unwrap();
    heard.extend(all(viewer).await);
    assert_eq!(text(&heard), "Written. Shown, then written.");
    assert!(matches!(heard.last().unwrap().event, RunEvent::Settled { .. }));
}

#[sqlx::test]
async fn an_26_what_was_shown_stays_where_an_answer_is_stopped_before_it_is_written(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let next = Arc::new(Notify::new());
    let steps = vec![Step::Text("Written. "), Step::Gate(next.clone()), Step::Text("Shown."), Step::Silence];
    outside.model(Reply::Stream(steps));
    let sent = app.state().chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    says(&app, sent.run, "Written. ").await;
    let mut viewer = Box::pin(app.state().chat.follow(asker.user, sent.run, 0).await.unwrap());
    let mut lock = app.db().begin().await.unwrap();
    sqlx::query("lock table run_events in share mode").execute(&mut *lock).await.unwrap();
    next.notify_one();
    ahead(&mut viewer, "Shown.").await;
    app.state().chat.stop(asker.user, sent.run).await.unwrap();
    lock.commit().await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("stopped", "Written. Shown."));
    assert_eq!(logged(&app, sent.run).await, end.text);
}

#[sqlx::test]
async fn an_27_the_length_of_what_is_sent_does_not_tell_the_words(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let next = Arc::new(Notify::new());
    let words = ["I ", "am ", "pregnant ", "unconstitutionally "];
    let mut steps: Vec<Step> = Vec::new();
    for word in words {
        steps.extend([Step::Gate(next.clone()), Step::Text(word)]);
    }
    steps.push(Step::Finish("stop"));
    outside.model(Reply::Stream(steps));
    mira.post_form("/api/chat", &[("text", "Hello?"), ("key", "k1")]).await;
    let run: aura::kit::id::RunId = sqlx::query_scalar("select id from runs").fetch_one(app.db()).await.unwrap();
    let answer = mira.follow(&format!("/api/chat/runs/{run}/events")).await;
    let mut body = answer.into_body().into_data_stream();
    let mut read = String::new();
    for word in words {
        next.notify_one();
        while !read.contains(word) {
            read.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
        }
    }
    while let Some(piece) = body.next().await {
        read.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
    }
    let pieces: Vec<&str> =
        read.split("\n\n").filter(|block| block.contains("event: text") || block.contains("event: ahead")).collect();
    assert!(pieces.len() > words.len(), "{read}");
    for piece in pieces {
        let lines = piece.lines().filter_map(|line| line.strip_prefix("data: ").or_else(|| line.strip_prefix(": ")));
        let length: usize = lines.map(str::len).sum();
        assert!(length > 0 && length.is_multiple_of(128), "{length}: {piece}");
    }
}
