use super::forms::FormError;
use crate::{
    account::notifications::NotificationError,
    billing::BillingError,
    error::{AppError, ErrorKind},
    identity::service::{IdentityError, TokenError as BearerError},
    integrations::{own_apps::words as own_apps, service::refresh::TokenError, webhooks::service::WebhookError},
    platform::{
        crypto::{VaultError, jwt::JwtError},
        jobs::JobsError,
        limits::Limited,
        telemetry,
    },
    providers::{AppFailure, BlankError, oauth::errors::OauthError},
};

/// Why something with connections did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} not found")]
    NotFound(&'static str),
    /// What a tool was to be called with does not fit it.
    #[error(transparent)]
    Tool(#[from] crate::integrations::tools::ToolError),
    #[error("{service} is not set up on this installation")]
    NotSetUp { service: String, missing: Vec<String> },
    #[error("{0} is connected in another way")]
    WrongKind(String),
    /// The return from a consent page does not belong to a visit of this browser. The code says what is wrong.
    #[error("the return is refused: {0}")]
    BadReturn(&'static str),
    /// The visit took too long.
    #[error("the visit to the consent page has expired")]
    Expired,
    /// The service's token endpoint refused.
    #[error("{service}: {error}")]
    Exchange { service: String, error: OauthError },
    /// What was typed is no tenant of the service.
    #[error("{service}: {field}: {error}")]
    Tenant { service: String, field: String, hint: String, error: BlankError },
    /// The service knows this installation by another redirect address.
    #[error("{service} does not know the redirect address")]
    Unregistered { service: String, address: String },
    /// The consent opens no place that could be connected.
    #[error("{service} opened nothing that could be connected")]
    NoPlace { service: String },
    /// The consent that waited for an answer has one, or has waited too long.
    #[error("the consent does not wait any more")]
    ChoiceGone,
    /// The answer is none of those that were offered.
    #[error("no such answer")]
    NoSuchAnswer,
    /// The account that was to take a connection's place has a connection already.
    #[error("the account is connected already")]
    AlreadyConnected { service: String, account: String },
    /// The service did not say whose account it is.
    #[error("{service} did not say whose account it is")]
    Anonymous { service: String },
    /// What the service signed does not prove whose account it is.
    #[error("{service}'s id token is refused: {error}")]
    NotProved { service: String, error: JwtError },
    /// The account does not open what it was to open.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// What was typed into a service's form connects nothing.
    #[error(transparent)]
    Form(Box<FormError>),
    /// A change that cannot be taken back, with the sentence that says why.
    #[error("it cannot be undone: {0}")]
    NotUndoable(String),
    /// No account of the service is connected.
    #[error("{service} is not connected")]
    NotConnected { service: String },
    /// No front end is set up that the broker could serve.
    #[error("the broker is not set up")]
    NoBroker,
    /// No browser gets access tokens of services here.
    #[error("direct access is off")]
    NoDirect,
    /// A token of the broker that is not believed.
    #[error(transparent)]
    Bearer(BearerError),
    /// What a caller is told as it is.
    #[error(transparent)]
    Told(Box<AppError>),
    /// Another window did something else at the same moment.
    #[error("changed meanwhile")]
    Busy,
    /// This installation keeps no apps of people.
    #[error("own apps are not set up")]
    NoOwnApps,
    /// The service refuses the app that is used: the person's own, or this installation's.
    #[error("{service} refuses an app: {}", failure.as_str())]
    App { service: String, failure: AppFailure, own: bool, redirect: String },
    /// What was typed is no client id or secret.
    #[error("not a client id or secret of {service}")]
    NotAnApp { service: String, field: &'static str, hint: String },
    /// The plan has room for no more.
    #[error("the plan has room for {most} connections")]
    Full { most: u32 },
    #[error("integrations: {0}")]
    Billing(#[from] BillingError),
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error("integrations: sealing failed: {0}")]
    Vault(#[from] VaultError),
    #[error("integrations: the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("integrations: nobody could be told: {0}")]
    Untold(#[from] NotificationError),
    #[error("integrations: {0}")]
    Jobs(#[from] JobsError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("integrations: a task was lost")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<FormError> for Error {
    fn from(error: FormError) -> Self {
        Self::Form(Box::new(error))
    }
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::not_found(what),
            Error::Tool(error) => error.into(),
            Error::NotSetUp { service, missing } => Self::new(
                ErrorKind::NotSetUp,
                "service_not_set_up",
                format!(
                    "This installation has not set up {service}. Whoever runs it must set {}.",
                    missing.join(" and ")
                ),
            ),
            Error::WrongKind(service) => Self::new(
                ErrorKind::Invalid,
                "wrong_kind",
                format!(
                    "{service} is connected in another way. Look for it on the connections page, and start from there."
                ),
            ),
            Error::BadReturn(code) => Self::new(
                ErrorKind::Invalid,
                code,
                "This sign-in was not begun in this browser, or it was finished already. Go back to the page where you began, and start again.",
            ),
            Error::Expired => Self::new(
                ErrorKind::Gone,
                "state_expired",
                "This sign-in took longer than ten minutes. Go back to the page where you began, and start again.",
            ),
            Error::Exchange { service, error } => exchange(&service, error),
            Error::Tenant { service, field, hint, error } => tenant(&service, &field, &hint, error),
            Error::Unregistered { service, address } => Self::new(
                ErrorKind::Upstream,
                "redirect_not_registered",
                format!(
                    "{service} does not know the way back to this installation, so nothing was connected. Whoever runs it must register exactly this redirect address there: {address}"
                ),
            ),
            Error::NoPlace { service } => Self::new(
                ErrorKind::Conflict,
                "nothing_to_connect",
                format!(
                    "{service} let you in, but your account there has nothing that could be connected. Ask whoever manages it there, then start again."
                ),
            ),
            Error::ChoiceGone => Self::new(
                ErrorKind::Gone,
                "choice_gone",
                "This question was answered already, or it is older than half an hour. Start again from the connections page.",
            ),
            Error::NoSuchAnswer => {
                Self::new(ErrorKind::Unprocessable, "no_such_answer", "Choose one of the answers on the page.")
            }
            Error::AlreadyConnected { service, account } => Self::new(
                ErrorKind::Conflict,
                "already_connected",
                format!(
                    "{account} at {service} is connected already. Disconnect the other connection if you do not need it."
                ),
            ),
            Error::Anonymous { service } => Self::new(
                ErrorKind::Upstream,
                "identity_failed",
                format!(
                    "{service} let you in but did not say whose account it is, so nothing was changed here. Try again."
                ),
            ),
            Error::NotProved { service, error } => {
                tracing::warn!(%service, %error, "an id token was refused");
                Self::new(
                    ErrorKind::Upstream,
                    "id_token_refused",
                    format!(
                        "The answer of {service} does not prove who you are, so nothing was changed here. Start again; if it stays, tell the people who run this Aura."
                    ),
                )
            }
            Error::Identity(error) => error.into(),
            Error::Form(error) => (*error).into(),
            Error::Full { most } => Self::new(
                ErrorKind::Forbidden,
                "connections_full",
                format!(
                    "Your plan has room for {most} connections, and all are taken. Disconnect one that you do not need, or \
                     choose a bigger plan; nothing was changed."
                ),
            ),
            Error::Billing(error) => error.into(),
            Error::Limited(limited) => limited.into(),
            Error::NotUndoable(why) => Self::new(ErrorKind::Conflict, "cannot_undo", why),
            Error::NotConnected { service } => not_connected(&service),
            Error::NoBroker => Self::new(
                ErrorKind::NotSetUp,
                "broker_off",
                "This installation serves no front end. Whoever runs it must set FRONTEND_URL.",
            ),
            Error::NoDirect => Self::new(
                ErrorKind::NotSetUp,
                "direct_off",
                "This installation lets no browser have access tokens of services. Whoever runs it decides that.",
            ),
            Error::Bearer(error) => error.into(),
            Error::Told(error) => *error,
            Error::Busy => Self::new(
                ErrorKind::Conflict,
                "changed_meanwhile",
                "This was changed in another window at the same moment. Reload the page, then try again.",
            ),
            Error::NoOwnApps => Self::new(ErrorKind::NotSetUp, "own_apps_off", own_apps::OFF),
            Error::App { service, failure, own, redirect } => {
                let kind = match failure {
                    AppFailure::QuotaUsedUp => ErrorKind::Limited,
                    AppFailure::UserNotListed | AppFailure::OwnerNotPremium | AppFailure::MissingScope => {
                        ErrorKind::Forbidden
                    }
                    _ => ErrorKind::Unprocessable,
                };
                let error = Self::new(kind, failure.as_str(), own_apps::sentence(failure, &service, own, &redirect));
                match failure {
                    AppFailure::WrongId => error.on_field("client_id"),
                    AppFailure::WrongSecret => error.on_field("client_secret"),
                    _ => error,
                }
            }
            Error::NotAnApp { service, field, hint } => {
                let what = if field == "client_id" { "client id" } else { "client secret" };
                let told = format!("This does not look like a {what} of {service}. {hint}");
                Self::new(ErrorKind::Unprocessable, "app_malformed", told.trim_end()).on_field(field)
            }
            Error::Webhook(error) => error.into(),
            Error::Vault(_) | Error::Database(_) | Error::Untold(_) | Error::Jobs(_) | Error::Lost(_) => {
                telemetry::report(&error, "integrations");
                Self::internal()
            }
        }
    }
}

fn not_connected(service: &str) -> AppError {
    AppError::new(
        ErrorKind::NotFound,
        "not_connected",
        format!("No {service} account is connected. Connect one first, on the connections page."),
    )
}

/// Why there is no access token to be had.
pub(in crate::integrations) fn no_token(error: TokenError) -> Error {
    Error::Told(Box::new(match error {
        TokenError::NotConnected => not_connected("such"),
        TokenError::NeedsReauth(provider) => AppError::new(
            ErrorKind::Conflict,
            "needs_reauth",
            format!("{} asks its person to sign in there again. Reconnect it on the connections page.", provider.name),
        ),
        TokenError::Limited(provider, retry_after) => {
            let mut limited = AppError::limited(retry_after);
            limited.message = format!("{} asks to wait {retry_after} seconds. Then try again.", provider.name);
            limited
        }
        TokenError::Away(provider) | TokenError::Slow(provider) => AppError::new(
            ErrorKind::Upstream,
            "service_away",
            format!("{} does not answer properly at the moment. Try again in a few minutes.", provider.name),
        ),
        error => {
            telemetry::report(&error, "no access token could be let out");
            AppError::internal()
        }
    }))
}

fn exchange(service: &str, error: OauthError) -> AppError {
    let (kind, code, message) = match error {
        OauthError::InvalidGrant => (
            ErrorKind::Gone,
            "code_refused",
            format!(
                "{service} does not accept the sign-in any more. Go back to the page where you began, and start again."
            ),
        ),
        OauthError::AccessDenied => (
            ErrorKind::Forbidden,
            "access_denied",
            format!("{service} says that access was declined. Nothing was changed here."),
        ),
        OauthError::ClientWrong | OauthError::RedirectMismatch => (
            ErrorKind::Upstream,
            "client_refused",
            format!(
                "{service} does not accept this installation. Whoever runs it must check the client id, its secret and the redirect address."
            ),
        ),
        OauthError::Refused => (
            ErrorKind::Upstream,
            "exchange_refused",
            format!(
                "{service} refused to hand out access and gave no reason that you could mend. Whoever runs this installation finds it in the log."
            ),
        ),
        OauthError::Elsewhere => (
            ErrorKind::Upstream,
            "tenant_refused",
            format!("{service} named an address that is not its own, so nothing was connected."),
        ),
        OauthError::Limited { retry_after } => {
            let mut limited = AppError::limited(retry_after);
            limited.message = format!("{service} asks to wait {retry_after} seconds. Then try again.");
            return limited;
        }
        OauthError::NoReply => (
            ErrorKind::Upstream,
            "service_slow",
            format!("{service} did not answer in time, so nothing was changed here. Start again in a few minutes."),
        ),
        OauthError::Malformed => (
            ErrorKind::Upstream,
            "answer_unreadable",
            format!(
                "{service} answered with something that is no access, so nothing was changed here. Start again in a few minutes."
            ),
        ),
        OauthError::TooLarge => (
            ErrorKind::Upstream,
            "answer_too_large",
            format!(
                "{service} answered with far more than an access, so nothing was changed here. Start again in a few minutes."
            ),
        ),
        OauthError::Outage => (
            ErrorKind::Upstream,
            "service_away",
            format!(
                "{service} does not answer properly at the moment, so nothing was changed here. Try again in a few minutes."
            ),
        ),
    };
    AppError::new(kind, code, message)
}

fn tenant(service: &str, field: &str, hint: &str, error: BlankError) -> AppError {
    let words = match error {
        BlankError::Missing => format!("{service} needs to know where you are there. {hint}"),
        BlankError::Shape => format!("This does not look right for {service}. {hint}"),
        BlankError::Foreign => format!("This is not an address of {service}. {hint}"),
    };
    AppError::new(ErrorKind::Unprocessable, "tenant_refused", words).on_field(field)
}
