//! Figures about limits, never a verdict: what one decision costs with each store, beside the shortest question that
//! the same store can be asked, and what a million keys weigh in memory. `make bench` prints them.

use std::{
    fs,
    time::{Duration, Instant},
};

use aura::platform::limits::{Bucket, MemoryStore};
use sqlx::PgPool;
use time::{Duration as Span, OffsetDateTime, macros::datetime};

use crate::limit_stores::Kind;

const START: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const SAMPLES: u32 = 2_000;
const KEYS: u32 = 1_000_000;

fn key(number: u32) -> [u8; 32] {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    key
}

fn median_and_worst(samples: &mut [Duration]) -> String {
    samples.sort_unstable();
    let at = |share: usize| samples[(samples.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    format!("p50 {:.3} ms, p99 {:.3} ms", at(50), at(99))
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_a_decision(db: PgPool) {
    for (name, kind) in Kind::all(&db).await {
        let store = kind.store();
        let (mut decisions, mut shortest) = (Vec::new(), Vec::new());
        for number in 0..SAMPLES {
            let began = Instant::now();
            store.hit(Bucket::General.into(), &key(number % 500), START).await.unwrap();
            decisions.push(began.elapsed());
            let began = Instant::now();
            if kind.shortest_question().await {
                shortest.push(began.elapsed());
            }
        }
        println!("one decision in {name}: {}", median_and_worst(&mut decisions));
        if !shortest.is_empty() {
            println!("  its shortest question: {}", median_and_worst(&mut shortest));
        }
    }
}

#[test]
#[ignore = "figures for make bench"]
fn figures_of_a_million_keys() {
    // Each stays until the end: what one gives back, the next would be given unseen.
    let mut stores = Vec::new();
    for (hits, bucket) in [(1, Bucket::Login), (10, Bucket::Login), (20, Bucket::Refresh)] {
        let before = resident();
        let store = MemoryStore::new(100_000);
        for number in 0..KEYS {
            for hit in 0..hits {
                store.decide(bucket.into(), &key(number), START + Span::milliseconds(hit));
            }
        }
        let grown = resident().saturating_sub(before);
        println!(
            "a million keys of {hits} hits each: {} windows kept, {:.1} MiB (goal 64)",
            store.len(),
            grown as f64 / 1_048_576.0
        );
        stores.push(store);
    }
}
