//! Why nothing was connected by a form, each reason with a sentence of its own.

use crate::{
    error::{AppError, ErrorKind},
    integrations::executor::Failure,
    providers::{Kind, Provider},
};

/// Why nothing was connected by a form.
#[derive(Debug, thiserror::Error)]
#[error("{service}: {trouble:?}")]
pub struct FormError {
    service: String,
    kind: Kind,
    /// The field in which the person typed where the service is.
    address: Option<String>,
    trouble: Trouble,
}

/// What went wrong.
#[derive(Debug)]
pub enum Trouble {
    /// A field does not hold what it must.
    Malformed { field: String, label: String, hint: String, empty: bool },
    /// The service does not accept it.
    Refused,
    /// The service does not let it do what Aura asks first.
    LacksRight,
    /// The service knows no such account.
    NoAccount,
    /// Seconds to wait.
    Limited(u32),
    /// No answer within five seconds.
    Slow,
    /// Nobody answers.
    Silent,
    /// The address leads into a private network.
    Closed,
    /// A page came instead of data.
    Page,
    /// The service has trouble of its own.
    Away,
    /// It belongs to another account than the connection that it was pasted for.
    OtherAccount { had: String, came: String },
}

impl FormError {
    pub(super) fn new(provider: &Provider, trouble: Trouble) -> Self {
        let address = provider.typed().next().map(|blank| blank.name.clone());
        Self { service: provider.name.clone(), kind: provider.kind, address, trouble }
    }

    pub(super) fn of(provider: &Provider, failure: Failure) -> Self {
        let trouble = match failure {
            Failure::Unauthorized => Trouble::Refused,
            Failure::Forbidden => Trouble::LacksRight,
            // Where nothing but the key was given, it is the key that leads to nothing.
            Failure::Nothing(_)
                if provider.key.as_ref().is_some_and(|form| form.fields.len() > 1)
                    || provider.typed().next().is_some() =>
            {
                Trouble::NoAccount
            }
            Failure::Nothing(_) | Failure::Refused(_) => Trouble::Refused,
            Failure::Limited(seconds) => Trouble::Limited(seconds),
            Failure::Timeout => Trouble::Slow,
            Failure::Unreachable => Trouble::Silent,
            Failure::Closed => Trouble::Closed,
            Failure::Page => Trouble::Page,
            _ => Trouble::Away,
        };
        Self::new(provider, trouble)
    }

    /// What was pasted, as people call it.
    fn pasted(&self) -> &'static str {
        match self.kind {
            Kind::Session | Kind::Bridge => "password",
            Kind::BotToken => "token",
            _ => "key",
        }
    }
}

impl From<FormError> for AppError {
    fn from(error: FormError) -> Self {
        let (service, pasted, own) = (&error.service, error.pasted(), error.kind == Kind::Bridge);
        let at_address = |error_of: Self| match &error.address {
            Some(field) => error_of.on_field(field.as_str()),
            None => error_of,
        };
        let wrong = |code: &str, words: String| Self::new(ErrorKind::Unprocessable, code, words);
        let away = |code: &str, words: String| Self::new(ErrorKind::Upstream, code, words);
        match &error.trouble {
            Trouble::Malformed { field, label, empty: true, .. } => {
                wrong("key_malformed", format!("Fill in «{label}».")).on_field(field.as_str())
            }
            Trouble::Malformed { field, label, hint, .. } => {
                let words = format!("This does not look like the «{label}» of {service}. {hint}");
                wrong("key_malformed", words).on_field(field.as_str())
            }
            Trouble::Refused => {
                let words = match error.kind {
                    Kind::Session | Kind::Bridge => format!("{service} does not accept this name and password. Check both."),
                    _ => format!(
                        "{service} does not accept this {pasted}. Check that it is whole, of the right kind and still active there."
                    ),
                };
                wrong("key_refused", words).on_field("key")
            }
            Trouble::LacksRight => wrong(
                "key_lacks_right",
                format!(
                    "{service} does not let this {pasted} do what Aura asks first. Check that it is whole and active, and that it has the permissions that stand below the field."
                ),
            )
            .on_field("key"),
            Trouble::NoAccount => at_address(wrong(
                "account_not_found",
                format!("{service} knows no such account. Check what you filled in beside the {pasted}."),
            )),
            Trouble::Limited(seconds) => {
                let mut limited = Self::limited(*seconds);
                limited.message = format!("{service} asks to wait {seconds} seconds. Then try again.");
                limited
            }
            Trouble::Slow => away(
                "service_slow",
                format!("{service} did not answer within five seconds, so nothing was stored. Try again in a minute."),
            ),
            Trouble::Silent if own => at_address(wrong(
                "address_silent",
                "Nobody answers at this address. Check that your server runs and can be reached from outside.".to_owned(),
            )),
            Trouble::Closed => at_address(wrong(
                "address_closed",
                "This address leads into a private network, where this installation asks nobody. Whoever runs it can allow the host in BRIDGE_HOSTS.".to_owned(),
            )),
            Trouble::Page if own => at_address(wrong(
                "address_page",
                "A page came back instead of data. The address must lead to your server itself.".to_owned(),
            )),
            Trouble::Page => away(
                "service_page",
                format!("{service} sent a page instead of data, so nothing was stored. Try again in a few minutes."),
            ),
            Trouble::Silent | Trouble::Away => away(
                "service_away",
                format!(
                    "{service} does not answer properly at the moment, so nothing was stored. Try again in a few minutes."
                ),
            ),
            Trouble::OtherAccount { had, came } => Self::new(
                ErrorKind::Conflict,
                "other_account",
                format!(
                    "This {pasted} is of {came}, and the connection is to {had}. Paste one of {had}, or say below that {came} shall take its place."
                ),
            ),
        }
    }
}
