//! What operators are shown. No secret and no content of anybody's is in it. Moments are written out, in UTC.

use serde::{Deserialize, Serialize};

use crate::kit::id::{BillingActId, InvitationId, MailId, MailboxRecoveryId, TeamId, UserId, WebhookEventId};

/// How many there are of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub people: i64,
    pub suspended: i64,
    pub admins: i64,
    pub sessions: i64,
    pub invitations: i64,
    pub jobs_given_up: i64,
    pub mails_failed: i64,
    pub texts_failed: i64,
    pub events_failed: i64,
    pub clients_refused: i64,
    /// What is the matter with the models that are set: one ends soon, has ended, or is not there.
    pub models: Vec<String>,
    /// Refunds and ends of plans that Stripe has not answered yet.
    pub money_waits: i64,
}

/// What did not work out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Troubles {
    pub jobs: Vec<JobLine>,
    pub mails: Vec<MailLine>,
    pub texts: Vec<TextLine>,
}

/// What became of a job so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    WillRetry,
    GivenUp,
    Stuck,
}

/// A job in trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLine {
    pub id: i64,
    pub task: String,
    pub state: JobState,
    pub tries: i16,
    pub most_tries: i16,
    pub reason: String,
    pub created: String,
    /// When it is due.
    pub due: String,
}

/// A letter that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    pub id: MailId,
    pub recipient: String,
    pub template: String,
    pub problem: String,
    pub tries: i16,
    pub created: String,
}

/// A text message that was given up. To whom it was is no longer known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLine {
    pub template: String,
    pub country: String,
    pub problem: String,
    pub tries: i16,
    pub created: String,
}

/// A service that does not accept this installation's client. Nobody who has connected it can mend that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientLine {
    pub service: String,
    pub since: String,
    pub last_seen: String,
    /// How many connections wait for it.
    pub connections: i64,
    /// What has to be set anew.
    pub variables: Vec<String>,
}

/// What an outside service told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    pub id: WebhookEventId,
    pub source: String,
    pub kind: String,
    pub state: String,
    pub problem: Option<String>,
    pub tries: i16,
    pub received: String,
}

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLine {
    pub id: UserId,
    pub display_name: String,
    pub email: Option<String>,
    pub handle: Option<String>,
    pub is_admin: bool,
    /// When the account was closed off, and why; none while it is active.
    pub suspended: Option<Suspended>,
    pub created: String,
    pub last_signed_in: Option<String>,
}

/// Why an account is closed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    pub at: String,
    pub because: String,
}

/// All about one person that an operator may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    pub person: PersonLine,
    /// Whether it is the operator themselves, whom no act here concerns.
    pub is_viewer: bool,
    pub ways: Vec<String>,
    pub browsers: Vec<BrowserLine>,
    /// Those that they are in.
    pub teams: Vec<TeamLine>,
    /// When the account was closed off and opened again.
    pub statuses: Vec<StatusLine>,
    pub log: Vec<LogLine>,
}

/// A browser or an app that somebody is signed in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserLine {
    pub name: String,
    /// «App on iOS»; none for a browser.
    pub app: Option<String>,
    pub method: String,
    pub last_used: String,
}

/// A change of an account's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusLine {
    pub status: String,
    pub because: String,
    /// Who did it, by their id.
    pub by: String,
    pub at: String,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub kind: String,
    pub actor: Option<String>,
    pub at: String,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    Open,
    Used,
    Expired,
}

/// An invitation to make an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationLine {
    pub id: InvitationId,
    pub email: String,
    pub state: InvitationState,
    pub created: String,
    pub expires: String,
}

/// How far a wish for another address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryState {
    /// Its owner can still say no.
    Waits,
    /// An operator has to decide.
    Due,
    Stopped,
    Approved,
    Refused,
}

/// Somebody who cannot open the mailbox of their account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryLine {
    pub id: MailboxRecoveryId,
    pub user: UserId,
    pub display_name: String,
    pub state: RecoveryState,
    /// What is known of it, each under its title.
    pub facts: Vec<(String, String)>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamLine {
    pub id: TeamId,
    pub name: String,
    pub owner: Option<UserId>,
    /// The name of the plan that it has now.
    pub plan: String,
}

/// A refund or a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackLine {
    /// Stripe's.
    pub id: String,
    pub team: TeamLine,
    pub is_dispute: bool,
    /// Written out, in its currency.
    pub amount: String,
    /// Stripe's word.
    pub state: String,
    pub reason: Option<String>,
    /// The number of the invoice.
    pub invoice: Option<String>,
    pub at: String,
    /// Stripe's dashboard, where it is shown.
    pub page: Option<String>,
}

/// How far an operator's act about money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActState {
    /// Stripe has not said what became of it.
    Waits,
    Done,
    Refused,
}

/// What an operator did about a team's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActLine {
    pub id: BillingActId,
    pub team: TeamId,
    /// «Refund of €5.00», «End of the plan pro».
    pub what: String,
    pub state: ActState,
    /// Who did it, by their id.
    pub by: String,
    pub because: String,
    /// Stripe's word for why it refused.
    pub problem: Option<String>,
    pub at: String,
}

/// Refunds, disputes, and what operators wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Whether anything is sold here.
    pub is_on: bool,
    /// The teams that were looked for.
    pub found: Option<Vec<TeamLine>>,
    pub waits: Vec<ActLine>,
    pub backs: Vec<BackLine>,
    /// The id from before which there are older ones.
    pub older: Option<String>,
}

/// An invoice, and what of its payment can go back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentLine {
    /// Stripe's id of it.
    pub invoice: String,
    pub number: String,
    pub state: String,
    pub total: String,
    /// What went back.
    pub refunded: Option<String>,
    /// What can go back; none: nothing.
    pub left: Option<Left>,
    pub at: String,
    /// Stripe's dashboard.
    pub page: Option<String>,
}

/// What is left of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// In the smallest unit.
    pub minor: i64,
    /// With its currency.
    pub told: String,
    /// As it is typed.
    pub typed: String,
}

/// The subscription that can be ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endable {
    /// Stripe's id of it.
    pub subscription: String,
    pub paid_until: String,
}

/// All about one team's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMoney {
    pub team: TeamLine,
    pub plan: Option<Endable>,
    pub payments: Vec<PaymentLine>,
    pub acts: Vec<ActLine>,
    pub backs: Vec<BackLine>,
    /// Goes with the forms of the page, so that a form that is sent twice is one act.
    pub act: BillingActId,
}

/// Where each kind of thing is shown: the path, and what stands on its tab.
pub const PLACES: [(&str, &str); 8] = [
    ("/admin", "Overview"),
    ("/admin/jobs", "Jobs and mail"),
    ("/admin/events", "Events"),
    ("/admin/services", "Services"),
    ("/admin/people", "People"),
    ("/admin/money", "Money"),
    ("/admin/invitations", "Invitations"),
    ("/admin/recoveries", "Lost mailboxes"),
];
