//! A figure about sealing anew, never a verdict: how many values a second `aura keys rotate` gets through, beside the
//! bare writing of the same rows. `make bench` prints it, from an optimised build and the Postgres of this machine.

use std::time::Instant;

use sqlx::PgPool;

use crate::key_rotation::{before, both, column, connections};

const VALUES: u128 = 20_000;

#[sqlx::test]
#[ignore = "figures for make bench"]
async fn figures_of_sealing_anew(db: PgPool) {
    connections(&db, &before(), VALUES).await;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = |start: Instant| VALUES as f64 / start.elapsed().as_secs_f64();
    let start = Instant::now();
    assert_eq!(u128::from(column().reseal(&db, &both()).await.unwrap().done), VALUES);
    let sealed = rate(start);
    let start = Instant::now();
    sqlx::query("update connections set sealed_access_token = reverse(sealed_access_token)")
        .execute(&db)
        .await
        .unwrap();
    let written = rate(start);
    println!("{VALUES} values sealed anew by another key");
    println!("  sealed anew: {sealed:.0} a second; written bare, in one statement: {written:.0} a second");
    println!("  sealed to written: {:.2}", sealed / written);
}
