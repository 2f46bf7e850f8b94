//! Mail by SMTP.

use std::{fmt, net::IpAddr, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
    transport::smtp::authentication::Credentials,
};
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::{Letter, MailError};
use crate::kit::id::MailId;

/// A mail server.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    local: bool,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Smtp {
    /// Encrypted, unless the server is on this very machine: TLS from the first byte on port 465, else STARTTLS, which
    /// the server must offer. So a password is never sent in the open.
    pub(super) fn new(
        host: &str,
        port: u16,
        (from, reply_to): (&str, Option<&str>),
        username: Option<&str>,
        password: Option<&SecretString>,
    ) -> Result<Self, MailError> {
        let mailbox = |text: &str| text.parse().map_err(|_| MailError::Broken(format!("{text} is no mail address")));
        let (from, reply_to) = (mailbox(from)?, reply_to.map(mailbox).transpose()?);
        let local = is_loopback(host);
        let mut builder = if local {
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        } else if port == 465 {
            AsyncSmtpTransport::<Tokio1Executor>::relay(host)?
        } else {
            AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?
        };
        if let (Some(username), Some(password)) = (username, password) {
            builder = builder.credentials(Credentials::new(username.to_owned(), password.expose_secret().to_owned()));
        }
        let transport = builder.port(port).timeout(Some(Duration::from_secs(5))).build();
        Ok(Self { transport, server: format!("{host}:{port}"), local, from, reply_to })
    }

    /// Whether the server is on this very machine.
    pub(super) fn is_local(&self) -> bool {
        self.local
    }

    pub(super) async fn send(
        &self,
        id: MailId,
        recipient: &str,
        letter: &Letter,
        now: OffsetDateTime,
    ) -> Result<(), MailError> {
        let to: Mailbox =
            recipient.parse().map_err(|_| MailError::Broken("the recipient's address is not one".into()))?;
        let domain = self.from.email.domain();
        let mut message = Message::builder().from(self.from.clone());
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let message = message
            .to(to)
            .subject(letter.subject.as_str())
            // The same at every try, so that a mail server can tell a repetition from a second letter.
            .message_id(Some(format!("<{id}@{domain}>")))
            .date(now.into())
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|_| MailError::Broken("it could not be put into a message".into()))?;
        self.transport.send(message).await?;
        Ok(())
    }
}

impl fmt::Display for Smtp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "by SMTP to {}, from {}", self.server, self.from)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
