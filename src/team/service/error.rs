use thiserror::Error;

use crate::{
    account::notifications::NotificationError,
    error::{AppError, ErrorKind},
    identity::service::IdentityError,
    platform::{jobs::JobsError, limits::Limited, mail::MailError, telemetry},
    team::model::NameFault,
};

/// Why something in a team did not happen.
#[derive(Debug, Error)]
pub enum TeamError {
    /// There is no such team of theirs.
    #[error("not theirs")]
    NotFound,
    /// Nobody of that id is in the team.
    #[error("no such member")]
    NoSuchMember,
    /// No such invitation waits in the team.
    #[error("no such invitation")]
    NoSuchInvitation,
    /// Their role does not allow it.
    #[error("not allowed")]
    NotAllowed,
    /// A personal team has one member for ever.
    #[error("a personal team")]
    Personal,
    /// The name cannot be shown.
    #[error("no name")]
    Name(NameFault),
    /// It is no role that can be given.
    #[error("no such role")]
    NoSuchRole,
    /// The person owns as many teams as one may.
    #[error("too many teams")]
    TooMany,
    /// What was typed is no address.
    #[error("no address")]
    NotAnAddress,
    /// Whoever has the address is in the team.
    #[error("a member already")]
    AlreadyMember,
    /// An owner gives the team away or closes it.
    #[error("the owner stays")]
    OwnerStays,
    /// What is done to others cannot be done to oneself.
    #[error("oneself")]
    Yourself,
    /// No invitation has this secret.
    #[error("no such link")]
    UnknownLink,
    /// The invitation was accepted before.
    #[error("used")]
    Used,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// It was taken back, or the team is closed.
    #[error("revoked")]
    Revoked,
    /// It was sent again since.
    #[error("replaced")]
    Replaced,
    /// It is for another address.
    #[error("for another address")]
    OtherAddress,
    /// The plan has no room for another member.
    #[error("no free seat")]
    NoSeat,
    /// Too often.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The letter failed.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The queue failed.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// Somebody could not be told.
    #[error(transparent)]
    Notification(#[from] NotificationError),
    /// Somebody could not be looked up.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database refused or is away.
    #[error("teams: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<TeamError> for AppError {
    fn from(error: TeamError) -> Self {
        let (kind, code, message, field) = match error {
            TeamError::NotFound => return Self::not_found("team"),
            TeamError::NoSuchMember => return Self::not_found("member"),
            TeamError::NoSuchInvitation | TeamError::UnknownLink => return Self::not_found("invitation"),
            TeamError::NotAllowed => (
                ErrorKind::Forbidden,
                "role_missing",
                "Your role in this team does not allow that. Ask its owner.",
                None,
            ),
            TeamError::Personal => (
                ErrorKind::Conflict,
                "team_personal",
                "This is a personal team: it is for one person alone. Make a team to work with others.",
                None,
            ),
            TeamError::Name(NameFault::Empty) => {
                (ErrorKind::Unprocessable, "name_empty", "A name has at least one letter or digit.", Some("name"))
            }
            TeamError::Name(NameFault::TooLong) => {
                (ErrorKind::Unprocessable, "name_too_long", "A name has at most 100 characters.", Some("name"))
            }
            TeamError::NoSuchRole => {
                (ErrorKind::Unprocessable, "role_unknown", "Choose admin or member.", Some("role"))
            }
            TeamError::TooMany => (
                ErrorKind::Conflict,
                "too_many_teams",
                "You own 20 teams, and one person has no more. Close one, or give one away.",
                None,
            ),
            TeamError::NotAnAddress => (
                ErrorKind::Unprocessable,
                "email_invalid",
                "This is no mail address. Look for a typing error, such as a missing @.",
                Some("email"),
            ),
            TeamError::AlreadyMember => {
                (ErrorKind::Conflict, "member_already", "Somebody with this address is in the team.", Some("email"))
            }
            TeamError::OwnerStays => (
                ErrorKind::Conflict,
                "owner_stays",
                "You own this team, so you cannot leave it. Give it to another member first, or close it.",
                None,
            ),
            TeamError::Yourself => {
                (ErrorKind::Conflict, "yourself", "That is you. Choose another member, or leave the team.", None)
            }
            TeamError::Used => {
                (ErrorKind::Gone, "invitation_used", "This invitation was accepted already, and each works once.", None)
            }
            TeamError::Expired => (
                ErrorKind::Gone,
                "invitation_expired",
                "This invitation has expired: it works for 7 days. Ask for a new one.",
                None,
            ),
            TeamError::Revoked => {
                (ErrorKind::Gone, "invitation_revoked", "This invitation was taken back by the team.", None)
            }
            TeamError::Replaced => (
                ErrorKind::Gone,
                "invitation_replaced",
                "This invitation was sent again since. Open the link of the newest mail.",
                None,
            ),
            TeamError::OtherAddress => (
                ErrorKind::Forbidden,
                "invitation_for_another",
                "This invitation is for another address than yours. Sign in with the one that the mail came to.",
                None,
            ),
            TeamError::NoSeat => (
                ErrorKind::Conflict,
                "no_free_seat",
                "The team has no free seat; its owner was told. Try again when they have made room.",
                None,
            ),
            TeamError::Limited(limited) => return limited.into(),
            TeamError::Identity(error) => return error.into(),
            TeamError::Notification(error) => return error.into(),
            TeamError::Mail(_) | TeamError::Jobs(_) | TeamError::Database(_) => {
                telemetry::report(&error, "teams");
                return Self::internal();
            }
        };
        let told = Self::new(kind, code, message);
        match field {
            Some(field) => told.on_field(field),
            None => told,
        }
    }
}
