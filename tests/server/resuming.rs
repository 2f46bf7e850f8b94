//! Readers of answers whose lines break at any byte, in the middle of a letter too, and who come back.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aura::{chat::Asker, kit::id::RunId};
use futures::{StreamExt as _, future::join_all};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    browser::Browser,
    outside::{Outside, Reply, Step},
    runs::settled,
    support::TestApp,
    usage::plans,
    vendor::user_of,
};

/// How many lines break; many more in the long suite.
const DISCONNECTS: &str = "DISCONNECTS";
const RUNS: usize = 6;
const READERS: usize = 5;
const PIECES: usize = 240;
/// Letters of one to four bytes, and what Markdown and event streams mean something by.
const WORDS: [&str; 12] = [
    "Grüße ",
    "漢字かな ",
    "🦀🎉 ",
    "data: ",
    "\\n\n",
    "**fett** ",
    "e\u{301}é ",
    "id: 7 ",
    "\n- ",
    "`x` ",
    "пр",
    "a\u{200d}b ",
];

fn wanted() -> usize {
    #[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
    std::env::var(DISCONNECTS).map_or(1_000, |count| count.parse().unwrap())
}

/// What a reader has understood: whole events only, as the standard says.
#[derive(Default)]
struct Heard {
    ids: Vec<u64>,
    text: String,
    /// What is shown and not logged.
    ahead: String,
    end: Option<Value>,
}

impl Heard {
    fn event(&mut self, block: &str) {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        if field("data:").is_empty() {
            return;
        }
        if let Ok(id) = field("id:").parse() {
            self.ids.push(id);
        }
        let data: Value = serde_json::from_str(field("data:")).unwrap();
        match field("event:") {
            "text" => {
                let text = data["text"].as_str().unwrap();
                self.ahead = self.ahead.strip_prefix(text).unwrap_or_default().to_owned();
                self.text.push_str(text);
            }
            "ahead" => data["text"].as_str().unwrap().clone_into(&mut self.ahead),
            "settled" => self.end = Some(data),
            _ => {}
        }
    }
}

/// Reads an answer to its end over lines that break after so many bytes; how often they broke.
async fn read(browsers: &[Browser; 2], run: RunId, said: &str, mut dice: StdRng) -> (Heard, usize) {
    let mut heard = Heard::default();
    let mut broken = 0;
    while heard.end.is_none() {
        let last = heard.ids.last().map(ToString::to_string).unwrap_or_default();
        let browser = &browsers[dice.random_range(0..2)];
        let answer = browser.follow_after(&format!("/api/chat/runs/{run}/events"), &last).await;
        assert_eq!(answer.status(), http::StatusCode::OK);
        heard.ahead.clear();
        // Now and then one holds for longer, or nobody would hear the end.
        let mut left: usize = if dice.random_ratio(1, 12) { 200_000 } else { dice.random_range(1..700) };
        let mut body = answer.into_body().into_data_stream();
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(piece) = body.next().await {
            let piece = piece.unwrap();
            let taken = piece.len().min(left);
            bytes.extend_from_slice(&piece[..taken]);
            left -= taken;
            while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = bytes.drain(..end + 2).collect();
                heard.event(&String::from_utf8(block).unwrap());
                let shown = heard.text.clone() + &heard.ahead;
                assert!(said.starts_with(&shown), "no letter is shown that is not said, or twice: {shown}");
            }
            if left == 0 {
                broken += 1;
                break;
            }
        }
    }
    (heard, broken)
}

/// Some answers at once, with readers at two processes; how many lines broke.
async fn round(app: &TestApp, outside: &Outside, asker: &Asker, browsers: &[Browser; 2], seed: u64) -> usize {
    let mut dice = StdRng::seed_from_u64(seed);
    let next = Arc::new(Notify::new());
    let mut sent = Vec::new();
    for number in 0..RUNS {
        let mut steps = Vec::new();
        let mut said = String::new();
        for _ in 0..PIECES {
            let word = WORDS[dice.random_range(0..WORDS.len())];
            said.push_str(word);
            steps.extend([Step::Gate(next.clone()), Step::Text(word)]);
        }
        steps.push(Step::Finish("stop"));
        outside.model(Reply::Stream(steps));
        let made = app.state().chat.send(asker, None, "Tell me", &format!("k{seed}-{number}")).await.unwrap();
        // The model is asked before the next one is, so that each run has the text that is meant for it.
        crate::outside::eventually("the model being asked", async || {
            (outside.asked().len() % RUNS == (number + 1) % RUNS).then_some(())
        })
        .await;
        sent.push((made.run, said));
    }
    let broken = AtomicUsize::new(0);
    let readers = sent.iter().flat_map(|(run, said)| (0..READERS).map(move |reader| (*run, said, reader)));
    let reading = join_all(readers.map(|(run, said, reader)| {
        let dice = StdRng::seed_from_u64(seed * 1_000 + reader as u64);
        let broken = &broken;
        async move {
            let (heard, times) = read(browsers, run, said, dice).await;
            broken.fetch_add(times, Ordering::Relaxed);
            let numbers: Vec<u64> = (1..=heard.ids.len() as u64).collect();
            assert_eq!(heard.ids, numbers, "seed {seed}, reader {reader}: one after the other, none twice");
            assert!(heard.text == *said, "seed {seed}, reader {reader}:\n{}\n{said}", heard.text);
            assert_eq!(heard.end.unwrap()["state"], "finished");
        }
    }));
    let pace = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(1));
        loop {
            ticks.tick().await;
            next.notify_waiters();
        }
    };
    tokio::select! {
        _ = reading => {}
        () = pace => {}
    }
    for (run, said) in &sent {
        assert_eq!(settled(app, *run).await.text, *said, "what is kept is what was said");
    }
    broken.into_inner()
}

#[sqlx::test]
async fn ch_01_readers_whose_lines_break_at_any_byte_miss_nothing_and_hear_nothing_twice(db: PgPool) {
    let outside = Outside::start().await;
    let file = plans("messages = 1_000_000\ntokens = 1_000_000_000_000\nconnections = 10\nmembers = 1");
    let app = outside.app_with(db, &[("PLANS_FILE", file.path().to_str().unwrap())]).await;
    let other = app.second_process().await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    let browsers = [browser.at(&app), browser.at(&other)];
    let (mut broken, mut seed) = (0, 1);
    while broken < wanted() {
        broken += round(&app, &outside, &asker, &browsers, seed).await;
        seed += 1;
    }
    println!("\n{broken} lines broke in {} answers", (seed - 1) * RUNS as u64);
}
