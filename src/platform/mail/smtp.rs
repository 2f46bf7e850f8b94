//! Mail by SMTP.

use std::{net::IpAddr, time::Duration};

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
    from: Mailbox,
}

impl Smtp {
    /// Encrypted, unless the server is on this very machine: TLS from the first byte on port 465, else STARTTLS, which
    /// the server must offer. So a password is never sent in the open.
    pub(super) fn new(
        host: &str,
        port: u16,
        from: &str,
        username: Option<&str>,
        password: Option<&SecretString>,
    ) -> Result<Self, MailError> {
        let from = from.parse().map_err(|_| MailError::Broken("the sender's address is not one".into()))?;
        let mut builder = if is_loopback(host) {
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        } else if port == 465 {
            AsyncSmtpTransport::<Tokio1Executor>::relay(host)?
        } else {
            AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?
        };
        if let (Some(username), Some(password)) = (username, password) {
            builder = builder.credentials(Credentials::new(username.to_owned(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.port(port).timeout(Some(Duration::from_secs(5))).build(), from })
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
        let message = Message::builder()
            .from(self.from.clone())
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

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
