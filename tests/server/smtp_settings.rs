//! What each setting of the mail server does to what it is told.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{browser::Browser, support::TestApp};

/// A mail server that takes everything, offers AUTH and no TLS, and keeps every line it is told.
struct Sink {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    async fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, kept.clone()));
            }
        });
        Self { port, lines }
    }

    fn told(&self, beginning: &str) -> Vec<String> {
        self.lines.lock().unwrap().iter().filter(|line| line.starts_with(beginning)).cloned().collect()
    }
}

async fn talk(stream: TcpStream, kept: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 ready\r\n").await?;
    let mut in_letter = false;
    while let Some(line) = lines.next_line().await? {
        kept.lock().unwrap().push(line.clone());
        let answer = match line.as_str() {
            "." => {
                in_letter = false;
                "250 taken\r\n"
            }
            _ if in_letter => continue,
            "DATA" => {
                in_letter = true;
                "354 go on\r\n"
            }
            line if line.starts_with("EHLO") => "250-sink\r\n250 AUTH PLAIN LOGIN\r\n",
            line if line.starts_with("AUTH") => "235 welcome\r\n",
            _ => "250 fine\r\n",
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// Asks for a code and lets its letter leave; what is noted of it.
async fn sends(app: &TestApp) -> (String, Option<String>) {
    Browser::new(app).start("mira@example.com", "").await;
    let id: Uuid = sqlx::query_scalar("select id from mails").fetch_one(app.db()).await.unwrap();
    app.state().mailer.send(id.into()).await.unwrap();
    sqlx::query_as("select state, problem from mails").fetch_one(app.db()).await.unwrap()
}

#[sqlx::test]
async fn ml_17_each_setting_of_the_mail_server_reaches_it(db: PgPool) {
    let sink = Sink::start("127.0.0.1").await;
    let port = sink.port.to_string();
    let variables = [
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", &*port),
        ("SMTP_FROM", "Northbeam <letters@northbeam.example>"),
        ("SMTP_USERNAME", "aura"),
        ("SMTP_PASSWORD", "canary-password"),
    ];
    let app = TestApp::with(db, &variables).await;
    assert_eq!(sends(&app).await, ("sent".to_owned(), None));
    let credentials = BASE64_STANDARD.encode("\0aura\0canary-password");
    assert_eq!(sink.told("AUTH"), [format!("AUTH PLAIN {credentials}")]);
    assert_eq!(sink.told("MAIL FROM:").len(), 1);
    assert!(sink.told("MAIL FROM:")[0].contains("<letters@northbeam.example>"));
    assert!(sink.told("From:")[0].contains("Northbeam"), "{:?}", sink.told("From:"));
}

#[sqlx::test]
async fn ml_18_without_a_name_nobody_signs_in_to_the_mail_server(db: PgPool) {
    let sink = Sink::start("127.0.0.1").await;
    let port = sink.port.to_string();
    let app = TestApp::with(db, &[("SMTP_HOST", "localhost"), ("SMTP_PORT", &port), ("SMTP_USERNAME", "")]).await;
    assert_eq!(sends(&app).await, ("sent".to_owned(), None));
    assert!(sink.told("AUTH").is_empty() && sink.told("MAIL FROM:").len() == 1);
}

#[sqlx::test]
async fn ml_19_a_password_goes_over_tls_or_to_this_machine_alone(db: PgPool) {
    // To us it is not this machine, as any address but 127.0.0.0/8; a server there that offers no TLS gets nothing.
    let sink = Sink::start("0.0.0.0").await;
    let port = sink.port.to_string();
    let variables = [
        ("SMTP_HOST", "0.0.0.0"),
        ("SMTP_PORT", &*port),
        ("SMTP_USERNAME", "aura"),
        ("SMTP_PASSWORD", "canary-password"),
    ];
    let app = TestApp::with(db, &variables).await;
    let (state, problem) = sends(&app).await;
    assert_eq!(state, "waiting");
    assert!(problem.is_some(), "it says why");
    assert!(!sink.told("EHLO").is_empty(), "it was asked");
    assert!(sink.told("AUTH").is_empty() && sink.told("MAIL FROM:").is_empty(), "{:?}", sink.lines.lock().unwrap());
}

#[sqlx::test]
async fn ml_20_where_nothing_listens_the_letter_waits_and_says_so_at_once(db: PgPool) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let app = TestApp::with(db, &[("SMTP_PORT", &port)]).await;
    let started = std::time::Instant::now();
    let (state, problem) = sends(&app).await;
    assert!(started.elapsed() < std::time::Duration::from_secs(6));
    assert_eq!(state, "waiting");
    assert!(problem.as_deref().is_some_and(|problem| problem.contains("could not be reached")), "{problem:?}");
    assert!(app.state().mailer.to_string().contains(&format!("localhost:{port}")), "where development sends to");
}
