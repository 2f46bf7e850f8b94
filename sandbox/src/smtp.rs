//! A small SMTP server: takes every mail, delivers none.

use crate::app::Sandbox;
use crate::faults::{self, Kind};
use crate::log;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The longest line and the longest message.
const LINE: u64 = 64 * 1024;
const MESSAGE: usize = 10 * 1024 * 1024;

/// Accepts connections for ever.
pub async fn serve(listener: TcpListener, sandbox: Sandbox) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            // A client that breaks off has told us all it will.
            let _ = talk(stream, sandbox).await;
        });
    }
}

async fn talk(stream: TcpStream, sandbox: Sandbox) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut session = Session::default();
    write.write_all(b"220 localhost sandbox ready\r\n").await?;
    loop {
        let mut line = Vec::new();
        if (&mut read).take(LINE).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if session.stage == Stage::Start || session.stage == Stage::Mail {
            let begins = line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"MAIL"));
            if let Some(reply) = begins.then(|| fault(&sandbox)).flatten() {
                write.write_all(reply.as_bytes()).await?;
                continue;
            }
        }
        match session.line(&line) {
            Reply::Nothing => {}
            Reply::Say(text) => write.write_all(format!("{text}\r\n").as_bytes()).await?,
            Reply::Bye => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            Reply::Mail { to, raw } => {
                let id = sandbox.inbox().deliver(to.clone(), &raw);
                log::line("mail", &[("id", &id.to_string()), ("to", &to.join(", "))]);
                write.write_all(format!("250 taken as {id}\r\n").as_bytes()).await?;
            }
        }
    }
}

/// A fault for the host `smtp`: 500 is for ever, anything else for now.
fn fault(sandbox: &Sandbox) -> Option<String> {
    let fault = faults::take(&mut sandbox.faults(), "smtp", "")?;
    Some(if fault.kind == Kind::Broken { "554 refused on demand\r\n".into() } else { "451 try again later\r\n".into() })
}

/// Where a conversation stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Start,
    Mail,
    Data,
    Auth,
}

/// What is said in return.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Nothing,
    Say(String),
    Bye,
    Mail { to: Vec<String>, raw: Vec<u8> },
}

/// One conversation, without its wire.
#[derive(Debug, Default)]
struct Session {
    stage: Stage,
    to: Vec<String>,
    raw: Vec<u8>,
    too_long: bool,
}

impl Session {
    fn line(&mut self, line: &[u8]) -> Reply {
        match self.stage {
            Stage::Data => self.data(line),
            Stage::Auth => {
                self.stage = Stage::Start;
                say("235 welcome")
            }
            Stage::Start | Stage::Mail => self.command(String::from_utf8_lossy(line).trim_end()),
        }
    }

    fn command(&mut self, line: &str) -> Reply {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.reset();
                say(
                    "250-localhost\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN",
                )
            }
            "HELO" => {
                self.reset();
                say("250 localhost")
            }
            "AUTH" => {
                if rest.split_whitespace().count() > 1 {
                    return say("235 welcome");
                }
                self.stage = Stage::Auth;
                say("334 ")
            }
            "MAIL" => match address(rest, "FROM:") {
                Some(_) if self.stage == Stage::Mail => say("503 one mail at a time"),
                Some(_) => {
                    self.stage = Stage::Mail;
                    say("250 ok")
                }
                None => say("501 MAIL FROM:<address>"),
            },
            "RCPT" if self.stage == Stage::Mail => match address(rest, "TO:") {
                Some(to) if to.contains('@') => {
                    self.to.push(to);
                    say("250 ok")
                }
                _ => say("501 RCPT TO:<address>"),
            },
            "DATA" if self.stage == Stage::Mail && !self.to.is_empty() => {
                self.stage = Stage::Data;
                say("354 end with a dot alone")
            }
            "RCPT" | "DATA" => say("503 not now"),
            "RSET" => {
                self.reset();
                say("250 ok")
            }
            "NOOP" => say("250 ok"),
            "QUIT" => Reply::Bye,
            _ => say("502 unknown command"),
        }
    }

    fn data(&mut self, line: &[u8]) -> Reply {
        if line == b".\r\n" || line == b".\n" {
            let to = std::mem::take(&mut self.to);
            let raw = std::mem::take(&mut self.raw);
            let too_long = self.too_long;
            self.reset();
            return if too_long { say("552 too long") } else { Reply::Mail { to, raw } };
        }
        let line = line.strip_prefix(b".").unwrap_or(line);
        if self.raw.len() + line.len() > MESSAGE {
            self.too_long = true;
        } else {
            self.raw.extend_from_slice(line);
        }
        Reply::Nothing
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}

fn say(text: &str) -> Reply {
    Reply::Say(text.to_owned())
}

/// The address in `FROM:<a@b> SIZE=1`.
fn address(rest: &str, keyword: &str) -> Option<String> {
    let head = rest.get(..keyword.len())?;
    let tail = rest.get(keyword.len()..)?.trim_start();
    let inner = tail.strip_prefix('<')?.split_once('>')?.0;
    head.eq_ignore_ascii_case(keyword).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeted() -> Session {
        let mut session = Session::default();
        assert!(matches!(session.line(b"EHLO me\r\n"), Reply::Say(text) if text.starts_with("250-")));
        session
    }

    #[test]
    fn a_mail_goes_through_with_its_dots() {
        let mut session = greeted();
        for line in [
            &b"MAIL FROM:<a@example.org> SIZE=10\r\n"[..],
            b"RCPT TO:<b@example.org>\r\n",
            b"rcpt to:<c@example.org>\r\n",
        ] {
            assert_eq!(session.line(line), say("250 ok"));
        }
        assert!(matches!(session.line(b"DATA\r\n"), Reply::Say(text) if text.starts_with("354")));
        for line in [&b"Subject: x\r\n"[..], b"\r\n", b"..dot\r\n", b"QUIT\r\n"] {
            assert_eq!(session.line(line), Reply::Nothing);
        }
        let expected = Reply::Mail {
            to: vec!["b@example.org".into(), "c@example.org".into()],
            raw: b"Subject: x\r\n\r\n.dot\r\nQUIT\r\n".to_vec(),
        };
        assert_eq!(session.line(b".\r\n"), expected);
        assert_eq!(session.line(b"QUIT\r\n"), Reply::Bye);
    }

    #[test]
    fn the_order_of_commands_counts() {
        let mut session = greeted();
        assert_eq!(session.line(b"DATA\r\n"), say("503 not now"));
        assert_eq!(session.line(b"RCPT TO:<b@example.org>\r\n"), say("503 not now"));
        assert_eq!(session.line(b"MAIL FROM: nobody\r\n"), say("501 MAIL FROM:<address>"));
        assert_eq!(session.line(b"MAIL FROM:<>\r\n"), say("250 ok"));
        assert_eq!(session.line(b"RCPT TO:<nobody>\r\n"), say("501 RCPT TO:<address>"));
        assert_eq!(session.line(b"RSET\r\n"), say("250 ok"));
        assert_eq!(session.line(b"DATA\r\n"), say("503 not now"));
        assert_eq!(session.line(b"VRFY x\r\n"), say("502 unknown command"));
    }
}
