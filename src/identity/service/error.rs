use thiserror::Error;

use crate::{
    error::{AppError, ErrorKind},
    platform::{crypto::jwt::JwtError, limits::Limited, mail::MailError, telemetry},
};

/// Why signing in or out did not happen.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// What was typed is no mailbox.
    #[error("not an e-mail address")]
    NotAnAddress,
    /// What was typed is not six digits.
    #[error("not six digits")]
    NotACode,
    /// The digits are not those of the letter.
    #[error("wrong code; {left} tries left")]
    WrongCode {
        /// How many more may be tried.
        left: i16,
    },
    /// Too many wrong codes: the ceremony is dead.
    #[error("too many wrong codes")]
    Dead,
    /// The code or link has done its work.
    #[error("already used")]
    Used,
    /// The code or link is too old.
    #[error("expired")]
    Expired,
    /// The link is none of ours, or its ceremony is long gone.
    #[error("unknown link")]
    UnknownLink,
    /// This browser has begun no sign-in.
    #[error("no sign-in under way in this browser")]
    NotBegun,
    /// The link was opened in another browser than the one that began.
    #[error("opened in another browser")]
    OtherBrowser,
    /// A new mail was asked for too soon.
    #[error("too early for another mail")]
    TooEarly {
        /// Seconds to wait.
        wait: u32,
    },
    /// The session ended meanwhile.
    #[error("signed out meanwhile")]
    SignedOut,
    /// The account elsewhere opens another person's account here.
    #[error("linked elsewhere")]
    LinkedElsewhere,
    /// The account elsewhere is none of this person's ways in.
    #[error("another account")]
    OtherAccount,
    /// Nothing waits to be linked in this browser.
    #[error("nothing waits to be linked")]
    NothingToLink,
    /// There is no such way in.
    #[error("no such way in")]
    NoSuchWay,
    /// It is the only way in that is left.
    #[error("the last way in")]
    LastWay,
    /// The address was replaced lately, and the person it belonged to may still get it back.
    #[error("the address is held")]
    AddressHeld,
    /// The address belongs to somebody else by now.
    #[error("the address is taken")]
    AddressTaken,
    /// It is the address that the person has.
    #[error("the same address")]
    SameAddress,
    /// The person has no address that a code could be sent to.
    #[error("no address")]
    NoAddress,
    /// No code was asked for in this session.
    #[error("no code was asked for")]
    NoCode,
    /// The link that brings an address back is not complete, was used, or is too old.
    #[error("too late to undo")]
    TooLateToUndo,
    /// There is no such session of theirs.
    #[error("no such session")]
    NoSuchSession,
    /// There is no such person.
    #[error("no such person")]
    NoSuchPerson,
    /// An operator has closed the account off.
    #[error("suspended")]
    Suspended,
    /// The account is no longer there.
    #[error("gone")]
    Gone,
    /// The address is of a service that hands out mailboxes for minutes.
    #[error("a disposable address")]
    Disposable,
    /// There is no such invitation, or it was used.
    #[error("no such invitation")]
    NoSuchInvitation,
    /// Whoever is invited has an account already.
    #[error("has an account already")]
    IsHereAlready,
    /// Operators do not close off or sign out themselves.
    #[error("the operator's own account")]
    OwnAccount,
    /// An account is closed off for a reason.
    #[error("no reason given")]
    NoReason,
    /// What was typed for the new address is no mailbox.
    #[error("the new one is not an e-mail address")]
    NotANewAddress,
    /// The lost mailbox and the new one are the same.
    #[error("the same mailbox")]
    SameMailbox,
    /// The link does not stop anything any more.
    #[error("nothing to stop")]
    NothingToStop,
    /// There is no such wish for another address.
    #[error("no such recovery")]
    NoSuchRecovery,
    /// It was stopped or decided meanwhile.
    #[error("the recovery is settled")]
    RecoverySettled,
    /// Its owner can still stop it.
    #[error("the recovery waits")]
    RecoveryWaits,
    /// New people need an invitation, or an address of another domain.
    #[error("not invited")]
    NotInvited,
    /// Too often.
    #[error("limited")]
    Limited(Limited),
    /// A token could not be signed.
    #[error("identity: signing a token failed: {0}")]
    Signing(JwtError),
    /// The letter could not be written or put into the outbox.
    #[error("identity: the outbox failed")]
    Mail(#[from] MailError),
    /// The database failed.
    #[error("identity: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Limited> for IdentityError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<IdentityError> for AppError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::NotAnAddress => Self::new(
                ErrorKind::Unprocessable,
                "email_invalid",
                "This is not an address we can write to. It looks like name@example.com.",
            )
            .on_field("email"),
            IdentityError::NotACode => Self::new(
                ErrorKind::Unprocessable,
                "code_invalid",
                "The code is six digits. Type or paste all of them.",
            )
            .on_field("code"),
            IdentityError::WrongCode { left } => Self::new(
                ErrorKind::Unprocessable,
                "code_wrong",
                match left {
                    1 => "This is not the code of the newest mail. You have one more try.".to_owned(),
                    left => format!("This is not the code of the newest mail. You have {left} more tries."),
                },
            )
            .on_field("code"),
            IdentityError::Dead => Self::new(
                ErrorKind::Gone,
                "code_dead",
                "Too many wrong codes: this one no longer works. Send a new code and use that.",
            )
            .on_field("code"),
            IdentityError::Used => Self::new(
                ErrorKind::Gone,
                "code_used",
                "This code or link was already used, and each works once. If you are not signed in, send a new one.",
            )
            .on_field("code"),
            IdentityError::Expired => Self::new(
                ErrorKind::Gone,
                "code_expired",
                "This code has expired: codes and links work for 10 minutes. Send a new one.",
            )
            .on_field("code"),
            IdentityError::UnknownLink => Self::new(
                ErrorKind::Gone,
                "link_unknown",
                "This link is not complete, or it has expired. Sign in again to get a new one.",
            ),
            IdentityError::NotBegun => Self::new(
                ErrorKind::Gone,
                "sign_in_not_begun",
                "No sign-in is under way in this browser, or it took longer than 10 minutes. Start again with your address.",
            ),
            IdentityError::OtherBrowser => Self::new(
                ErrorKind::Forbidden,
                "other_browser",
                "This link works only in the browser where you began. Open it there, or type the six-digit code there.",
            ),
            IdentityError::TooEarly { wait } => {
                let mut error = Self::new(
                    ErrorKind::Limited,
                    "resend_too_early",
                    format!("A mail is on its way. You can ask for another in {wait} seconds."),
                );
                error.retry_after = Some(wait);
                error
            }
            IdentityError::SignedOut => Self::unauthenticated(),
            IdentityError::LinkedElsewhere => Self::new(
                ErrorKind::Conflict,
                "linked_elsewhere",
                "This account opens another account here, so it cannot open yours as well. Sign in with it and unlink it \
                 there first, or choose another one.",
            ),
            IdentityError::OtherAccount => Self::new(
                ErrorKind::Forbidden,
                "other_account",
                "This is not one of the accounts that you sign in with, so it does not prove that it is you. Choose one \
                 that is linked.",
            ),
            IdentityError::NothingToLink => Self::new(
                ErrorKind::Gone,
                "nothing_to_link",
                "Nothing waits to be linked here any more. Link the account from your security settings.",
            ),
            IdentityError::NoSuchWay => Self::not_found("way to sign in"),
            IdentityError::LastWay => Self::new(
                ErrorKind::Conflict,
                "last_way",
                "This is your only way to sign in, so it has to stay. Add another one first.",
            ),
            IdentityError::AddressHeld => Self::new(
                ErrorKind::Conflict,
                "address_held",
                "This address was replaced at its account in the last 72 hours, so it opens nothing for now. To get it \
                 back, use the link in the mail about that change.",
            ),
            IdentityError::AddressTaken => Self::new(
                ErrorKind::Conflict,
                "address_taken",
                "This address opens another account here by now. Choose another one.",
            ),
            IdentityError::SameAddress => Self::new(
                ErrorKind::Unprocessable,
                "address_same",
                "This is the address that your account has already.",
            )
            .on_field("email"),
            IdentityError::NoAddress => Self::new(
                ErrorKind::Conflict,
                "no_address",
                "Your account has no address that a code could be sent to. Use another way to confirm.",
            ),
            IdentityError::NoCode => {
                Self::new(ErrorKind::Gone, "code_not_asked", "No code waits to be typed here. Ask for a new one.")
                    .on_field("code")
            }
            IdentityError::TooLateToUndo => Self::new(
                ErrorKind::Gone,
                "undo_too_late",
                "This link is not complete, was used, or is older than 72 hours, so it changes nothing any more.",
            ),
            IdentityError::NoSuchSession => Self::not_found("device"),
            IdentityError::NoSuchPerson => Self::not_found("person"),
            IdentityError::Suspended => Self::new(
                ErrorKind::Forbidden,
                "suspended",
                "This account is suspended, so nobody can sign in to it. Write to the people who run this Aura.",
            ),
            IdentityError::Gone => Self::new(
                ErrorKind::Gone,
                "account_gone",
                "This account is no longer there. Sign in again to make a new one.",
            ),
            IdentityError::NotInvited => Self::new(
                ErrorKind::Forbidden,
                "not_invited",
                "New accounts need an invitation here. Ask the people who run this Aura for one, with the address you typed.",
            ),
            IdentityError::Disposable => Self::new(
                ErrorKind::Forbidden,
                "address_disposable",
                "Mailboxes of this service are gone in minutes, and so would be your account. Use an address that you keep.",
            ),
            IdentityError::NoSuchInvitation => Self::new(
                ErrorKind::NotFound,
                "no_such_invitation",
                "This invitation was used or taken back already. Reload the page.",
            ),
            IdentityError::IsHereAlready => Self::new(
                ErrorKind::Conflict,
                "has_account",
                "This address has an account already, so it needs no invitation.",
            )
            .on_field("email"),
            IdentityError::OwnAccount => Self::new(
                ErrorKind::Conflict,
                "own_account",
                "This is your own account. Ask another operator, or use your settings.",
            ),
            IdentityError::NoReason => Self::new(
                ErrorKind::Unprocessable,
                "reason_missing",
                "Say why, in a few words: other operators will read it.",
            )
            .on_field("reason"),
            IdentityError::NotANewAddress => Self::new(
                ErrorKind::Unprocessable,
                "email_invalid",
                "This is not an address we can write to. It looks like name@example.com.",
            )
            .on_field("new_email"),
            IdentityError::SameMailbox => Self::new(
                ErrorKind::Unprocessable,
                "address_same",
                "This is the mailbox that you cannot open. Give another address, one that you can.",
            )
            .on_field("new_email"),
            IdentityError::NothingToStop => Self::new(
                ErrorKind::Gone,
                "nothing_to_stop",
                "This link is not complete, or what it stops is over already. The account keeps the address that it has.",
            ),
            IdentityError::NoSuchRecovery => Self::not_found("request"),
            IdentityError::RecoverySettled => Self::new(
                ErrorKind::Conflict,
                "recovery_settled",
                "This was stopped or decided meanwhile. Reload the page.",
            ),
            IdentityError::RecoveryWaits => Self::new(
                ErrorKind::Conflict,
                "recovery_waits",
                "Its owner can still say no. Decide when the time to wait is over.",
            ),
            IdentityError::Limited(limited) => limited.into(),
            IdentityError::Signing(_) => {
                telemetry::report(&error, "tokens");
                Self::internal()
            }
            IdentityError::Mail(_) => {
                telemetry::report(&error, "sign-in mail");
                Self::internal()
            }
            IdentityError::Database(_) => {
                telemetry::report(&error, "identity");
                Self::new(
                    ErrorKind::Unavailable,
                    "database_unavailable",
                    "Signing in does not work at the moment, because our database does not answer. Try again in a minute.",
                )
            }
        }
    }
}
