//! Mail as a mail server sees it that nobody here wrote: PyPI's `aiosmtpd`.

use std::{path::PathBuf, process::Stdio};

use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
};

use crate::{
    mail::{Post, smtp},
    mail_once::{killed_before_the_note, recover},
};

/// Prints each letter as Python's own parser reads it.
const JUDGE: &str = r#"
import email, email.policy, json, sys
from aiosmtpd.controller import Controller

class Judge:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(json.dumps({
            "to": envelope.rcpt_tos, "id": letter["Message-ID"], "subject": letter["Subject"], "reply": letter["Reply-To"],
            "defects": [str(defect) for part in letter.walk() for defect in part.defects],
            "parts": [[part.get_content_type(), part.get_content()] for part in letter.iter_parts()],
        }), flush=True)
        return "250 taken"

Controller(Judge(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
print("ready", flush=True)
sys.stdin.read()
"#;

/// A Python that has the judge: the one that setup made, or the machine's own.
async fn python() -> Option<PathBuf> {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.local/python/bin/python3"));
    for python in [own, "python3".into()] {
        let asked = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status().await;
        if asked.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    None
}

struct Judge {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Judge {
    async fn start() -> Option<Self> {
        let python = python().await?;
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let mut process = Command::new(python)
            .args(["-c", JUDGE, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert_eq!(
            lines.next_line().await.unwrap().as_deref(),
            Some("ready"),
            "aiosmtpd is installed and does not run"
        );
        Some(Self { port, lines, _process: process })
    }

    async fn letter(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }
}

#[sqlx::test]
async fn ml_05_a_foreign_mail_server_reads_the_letter_and_knows_a_repetition(db: PgPool) {
    let Some(mut judge) = Judge::start().await else {
        println!(
            "not run: the mail server that others wrote (python3 has no aiosmtpd; scripts/setup test installs it)"
        );
        return;
    };
    let post = Post::new(db).await;
    post.enqueue().await;
    killed_before_the_note(&post, json!({ "smtp": judge.port })).await;
    recover(&post, &smtp(judge.port), "").await;
    let (first, second) = (judge.letter().await, judge.letter().await);
    let (id, ..) = post.row().await;
    assert_eq!(first["id"], format!("<{id}@example.com>"));
    assert_eq!(first["id"], second["id"]);
    assert_eq!(first["parts"], second["parts"]);
    assert_eq!((&first["to"], &first["defects"]), (&json!(["ada@example.com"]), &json!([])), "{first}");
    assert_eq!((&first["subject"], &first["reply"]), (&json!("Your code for Aura"), &json!("Help <help@example.com>")));
    let kinds: Vec<_> = first["parts"].as_array().unwrap().iter().map(|part| part[0].clone()).collect();
    assert_eq!(kinds, ["text/plain", "text/html"]);
    for part in first["parts"].as_array().unwrap() {
        let body = part[1].as_str().unwrap();
        assert!(body.contains("314159") && body.contains("https://aura.example/verify?a=1&"), "{body}");
    }
}
