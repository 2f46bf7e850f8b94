//! The limits by name.

use time::{Duration, OffsetDateTime};

/// What is limited; each has its own number and window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Writes under `/api`, by user or else by address.
    General,
    /// Codes and passwords tried, by mailbox or account.
    Auth,
    /// Sign-ins started, by address.
    Login,
    /// Sessions refreshed, by user.
    Refresh,
    /// Refresh tokens that are none of ours, by address.
    UnknownToken,
    /// Mails in a minute, by mailbox.
    MailMinute,
    /// Mails in a day, by mailbox.
    MailDay,
    /// Accounts made in a day, by address.
    SignUpDay,
    /// Text messages in an hour, by number.
    TextHour,
    /// Text messages in a day, by number and by account.
    TextDay,
    /// Wishes for another address of an account in a day, by the address it has.
    RecoveryDay,
    /// Invitations to a team in a minute, by team and address.
    InvitationMinute,
    /// Invitations to a team in a day, by team and address.
    InvitationDay,
    /// Invitations to any team in a day, by address.
    InvitedDay,
    /// Invitations to a team in a day, by team.
    TeamInvitationsDay,
    /// Reports about people in an hour, by address.
    ReportHour,
    /// Calls to a service in a minute, by connection. Each service has its own number.
    Calls,
}

impl Bucket {
    /// The name in the store, in metrics and in headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Auth => "auth",
            Self::Login => "login",
            Self::Refresh => "refresh",
            Self::UnknownToken => "unknown-token",
            Self::MailMinute => "mail-minute",
            Self::MailDay => "mail-day",
            Self::SignUpDay => "sign-up-day",
            Self::TextHour => "text-hour",
            Self::TextDay => "text-day",
            Self::RecoveryDay => "recovery-day",
            Self::InvitationMinute => "invitation-minute",
            Self::InvitationDay => "invitation-day",
            Self::InvitedDay => "invited-day",
            Self::TeamInvitationsDay => "team-invitations-day",
            Self::ReportHour => "report-hour",
            Self::Calls => "calls",
        }
    }

    /// How many hits fit into a window.
    #[must_use]
    pub fn max(self) -> usize {
        match self {
            Self::InvitationMinute => 1,
            Self::RecoveryDay | Self::TextHour => 3,
            Self::Auth | Self::MailMinute | Self::InvitationDay | Self::ReportHour => 5,
            Self::General | Self::Login | Self::MailDay | Self::TextDay | Self::InvitedDay => 10,
            Self::Refresh | Self::UnknownToken | Self::SignUpDay => 20,
            Self::TeamInvitationsDay => 50,
            Self::Calls => 60,
        }
    }

    /// How long the window is.
    #[must_use]
    pub fn window(self) -> Duration {
        match self {
            Self::General => Duration::seconds(10),
            Self::Auth
            | Self::Login
            | Self::Refresh
            | Self::UnknownToken
            | Self::MailMinute
            | Self::InvitationMinute
            | Self::Calls => Duration::minutes(1),
            Self::TextHour | Self::ReportHour => Duration::hours(1),
            Self::MailDay
            | Self::SignUpDay
            | Self::RecoveryDay
            | Self::TextDay
            | Self::InvitationDay
            | Self::InvitedDay
            | Self::TeamInvitationsDay => Duration::days(1),
        }
    }
}

/// A limit as a store counts it: so many hits within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What is limited.
    pub bucket: Bucket,
    /// How many hits fit into a window.
    pub max: usize,
    /// How long the window is.
    pub window: Duration,
}

impl From<Bucket> for Rule {
    fn from(bucket: Bucket) -> Self {
        Self { bucket, max: bucket.max(), window: bucket.window() }
    }
}

impl Rule {
    /// Whole seconds until a hit has left the window: rounded up, at least one.
    #[must_use]
    pub fn wait(self, oldest: OffsetDateTime, now: OffsetDateTime) -> u32 {
        let left = (oldest + self.window - now).whole_microseconds();
        u32::try_from((left + 999_999) / 1_000_000).unwrap_or(1).max(1)
    }
}
