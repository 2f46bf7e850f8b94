//! A mail server that can stop in the middle of a conversation.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Where the first conversation stops until the test lets it go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    Never,
    /// Before a word is said.
    Greeting,
    /// In the midst of the letter, whose rest never comes.
    MidLetter,
    /// The letter is there and kept, and the client does not know.
    BeforeTaking,
}

#[derive(Clone)]
pub struct MailServer {
    pub port: u16,
    messages: Arc<Mutex<Vec<String>>>,
    pause: Arc<watch::Sender<Pause>>,
    reached: Arc<watch::Sender<bool>>,
}

impl MailServer {
    pub async fn start() -> Self {
        Self::pausing(Pause::Never).await
    }

    pub async fn pausing(pause: Pause) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            messages: Arc::default(),
            pause: Arc::new(watch::Sender::new(pause)),
            reached: Arc::new(watch::Sender::new(false)),
        };
        let handle = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = handle.clone();
                // A client that is killed breaks off in mid-sentence.
                tokio::spawn(async move { drop(server.talk(stream).await) });
            }
        });
        server
    }

    /// Every letter that was kept, in order.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }

    /// Their ids, in order.
    pub fn ids(&self) -> Vec<String> {
        let id =
            |message: &String| message.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned();
        self.messages().iter().map(id).collect()
    }

    /// Waits until a conversation has come to the pause.
    pub async fn reached(&self) {
        let mut reached = self.reached.subscribe();
        let patience = std::time::Duration::from_secs(30);
        tokio::time::timeout(patience, reached.wait_for(|reached| *reached)).await.expect("nobody came").unwrap();
    }

    /// No more pauses, also for the one that stopped.
    pub fn go_on(&self) {
        self.pause.send_replace(Pause::Never);
    }

    /// Whether this is the place.
    async fn stop_at(&self, here: Pause) -> bool {
        let mut pause = self.pause.subscribe();
        let stops = *pause.borrow() == here;
        if stops {
            self.reached.send_replace(true);
            pause.wait_for(|pause| *pause != here).await.unwrap();
        }
        stops
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        self.stop_at(Pause::Greeting).await;
        writer.write_all(b"220 ready\r\n").await?;
        let mut body: Option<String> = None;
        while let Some(line) = lines.next_line().await? {
            let answer = match (&mut body, line.as_str()) {
                (Some(text), ".") => {
                    self.messages.lock().unwrap().push(std::mem::take(text));
                    body = None;
                    self.stop_at(Pause::BeforeTaking).await;
                    "250 taken\r\n"
                }
                (Some(text), line) => {
                    if self.stop_at(Pause::MidLetter).await {
                        return Ok(());
                    }
                    text.push_str(line);
                    text.push('\n');
                    continue;
                }
                (None, "DATA") => {
                    body = Some(String::new());
                    "354 go on\r\n"
                }
                (None, "QUIT") => "221 bye\r\n",
                (None, _) => "250 fine\r\n",
            };
            writer.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }
}
