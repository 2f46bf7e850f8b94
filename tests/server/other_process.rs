//! This program once more, at one test and with an errand: real second processes, which can be killed.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::{Child, Command};

/// One variable carries all that the other process must know.
const ERRAND: &str = "AURA_TEST_ERRAND";

/// The command that runs an ignored test, told by its whole name, in a process of its own. It says and hears nothing,
/// unless its caller wants it to, and dies with whoever started it.
pub fn at(test: &str, errand: &Value) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(ERRAND, errand.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command
}

/// What this process was started for; none where somebody runs all ignored tests.
pub fn errand() -> Option<Value> {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let errand = std::env::var(ERRAND).ok()?;
    Some(serde_json::from_str(&errand).unwrap())
}

/// `kill -9`.
pub async fn kill(mut child: Child) {
    child.start_kill().unwrap();
    child.wait().await.unwrap();
}

/// Until it is so: another process takes its time to start.
pub async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(120);
    while !look().await {
        assert!(tokio::time::Instant::now() < patience, "{what}: it did not happen");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
