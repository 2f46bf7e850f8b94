//! What operators can look at and do.

mod money;

use thiserror::Error;
use time::{OffsetDateTime, macros::format_description};

use super::model::{
    BrowserLine, ClientLine, EventLine, InvitationLine, InvitationState, JobLine, JobState, LogLine, MailLine,
    Overview, PersonLine, PersonView, RecoveryLine, RecoveryState, StatusLine, Suspended, TextLine, Troubles,
};
use crate::{
    billing::{Billing, BillingError},
    error::{AppError, ErrorKind},
    identity::{
        Identity,
        service::{
            IdentityError,
            mailbox_decisions::MailboxRecovery,
            operators::{Invitation, Operator, Person},
        },
    },
    inference::Inference,
    integrations::{self, Integrations},
    kit::id::{InvitationId, MailId, MailboxRecoveryId, UserId, WebhookEventId},
    platform::{
        clock::Clock,
        db::Db,
        jobs::{self, JobsError, Trouble},
        mail::{MailError, Mailer},
        telemetry,
        text_messages::{self, TextError},
        webhooks::{WebhookError, Webhooks},
    },
};

const MOST_LINES: i64 = 100;
const STATES: [&str; 3] = ["waiting", "done", "failed"];

/// Why an act of an operator did not happen.
#[derive(Debug, Error)]
pub enum AdminError {
    /// It was settled meanwhile, or a worker has it at this moment.
    #[error("there is no such thing to run again")]
    NothingToRun,
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Events(#[from] WebhookError),
    #[error(transparent)]
    Jobs(#[from] JobsError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Texts(#[from] TextError),
    #[error(transparent)]
    Connections(#[from] integrations::Error),
    #[error(transparent)]
    Money(#[from] BillingError),
}

impl From<AdminError> for AppError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::NothingToRun => Self::new(
                ErrorKind::Conflict,
                "nothing_to_run",
                "This was done meanwhile, or it is being done at this moment. Reload the page.",
            ),
            AdminError::Identity(error) => error.into(),
            AdminError::Events(error) => error.into(),
            AdminError::Connections(error) => error.into(),
            AdminError::Money(error) => error.into(),
            AdminError::Jobs(_) | AdminError::Mail(_) | AdminError::Texts(_) => {
                telemetry::report(&error, "administration");
                Self::new(
                    ErrorKind::Unavailable,
                    "database_unavailable",
                    "Our database does not answer at the moment. Try again in a minute.",
                )
            }
        }
    }
}

/// The services behind the pages for operators.
#[derive(Clone)]
pub struct Admin {
    db: Db,
    clock: Clock,
    identity: Identity,
    mailer: Mailer,
    webhooks: Webhooks,
    integrations: Integrations,
    billing: Billing,
    inference: Inference,
}

impl Admin {
    /// Over the given services.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "each is a part that it shows")]
    pub fn new(
        db: Db,
        clock: Clock,
        identity: Identity,
        mailer: Mailer,
        webhooks: Webhooks,
        integrations: Integrations,
        billing: Billing,
        inference: Inference,
    ) -> Self {
        Self { db, clock, identity, mailer, webhooks, integrations, billing, inference }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// How many there are of what.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn overview(&self) -> Result<Overview, AdminError> {
        let counts = self.identity.counts().await?;
        Ok(Overview {
            people: counts.people,
            suspended: counts.suspended,
            admins: counts.admins,
            sessions: counts.sessions,
            invitations: counts.invitations,
            jobs_given_up: jobs::given_up(&self.db).await?,
            mails_failed: i64::try_from(self.mailer.failed(1_000).await?.len()).unwrap_or(i64::MAX),
            texts_failed: text_messages::count_failed(&self.db).await?,
            events_failed: self.webhooks.count_failed().await?,
            models: self.inference.notices().into_iter().map(|notice| notice.sentence).collect(),
            clients_refused: i64::try_from(self.integrations.client_faults().await?.len()).unwrap_or(i64::MAX),
            money_waits: self.billing.count_open_acts().await?,
        })
    }

    /// Jobs, mails and text messages that did not work out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn troubles(&self) -> Result<Troubles, AdminError> {
        let jobs = jobs::troubled(&self.db, self.now(), MOST_LINES).await?.into_iter().map(|job| JobLine {
            id: job.id,
            task: job.task,
            state: match job.trouble {
                Trouble::WillRetry => JobState::WillRetry,
                Trouble::GivenUp => JobState::GivenUp,
                Trouble::Stuck => JobState::Stuck,
            },
            tries: job.tries,
            most_tries: job.most_tries,
            reason: job.reason,
            created: written(job.created_at),
            due: written(job.run_at),
        });
        let mails = self.mailer.failed(MOST_LINES).await?.into_iter().map(|mail| MailLine {
            id: mail.id,
            recipient: mail.recipient,
            template: mail.template,
            problem: mail.problem,
            tries: mail.tries,
            created: written(mail.created_at),
        });
        let texts = text_messages::failed(&self.db, MOST_LINES).await?.into_iter().map(|text| TextLine {
            template: text.template,
            country: text.country,
            problem: text.problem,
            tries: text.tries,
            created: written(text.created_at),
        });
        Ok(Troubles { jobs: jobs.collect(), mails: mails.collect(), texts: texts.collect() })
    }

    /// The services that do not accept this installation's client, the longest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn refused_clients(&self) -> Result<Vec<ClientLine>, AdminError> {
        let lines = self.integrations.client_faults().await?.into_iter().map(|fault| ClientLine {
            service: fault.service.to_owned(),
            since: written(fault.since),
            last_seen: written(fault.last_seen),
            connections: fault.connections,
            variables: fault.variables,
        });
        Ok(lines.collect())
    }

    /// Lets a job run again from its first try on.
    ///
    /// # Errors
    /// When there is none such, or when the database is away.
    pub async fn run_job_again(&self, by: Operator, id: i64) -> Result<(), AdminError> {
        if !jobs::run_again(&self.db, id, self.now()).await? {
            return Err(AdminError::NothingToRun);
        }
        Ok(self.identity.note_operation(by, "job_run_again", serde_json::json!({ "job": id })).await?)
    }

    /// Sends a letter that was given up.
    ///
    /// # Errors
    /// When there is none such, or when the database is away.
    pub async fn send_mail_again(&self, by: Operator, id: MailId) -> Result<(), AdminError> {
        if !self.mailer.retry(id).await? {
            return Err(AdminError::NothingToRun);
        }
        Ok(self.identity.note_operation(by, "mail_sent_again", serde_json::json!({ "mail": id })).await?)
    }

    /// The newest events in a state; in any, where it is none.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events(&self, state: &str) -> Result<Vec<EventLine>, AdminError> {
        let state = STATES.contains(&state).then_some(state);
        let lines = self.webhooks.list(state, MOST_LINES).await?.into_iter().map(|event| EventLine {
            id: event.id,
            source: event.source,
            kind: event.kind,
            state: event.state,
            problem: event.problem,
            tries: event.tries,
            received: written(event.received_at),
        });
        Ok(lines.collect())
    }

    /// Does what an event asks for again.
    ///
    /// # Errors
    /// When there is none such, or when the database is away.
    pub async fn run_event_again(&self, by: Operator, id: WebhookEventId) -> Result<(), AdminError> {
        self.webhooks.rerun(id).await?;
        Ok(self.identity.note_operation(by, "event_run_again", serde_json::json!({ "event": id })).await?)
    }

    /// The newest people who fit the words.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn people(&self, words: &str) -> Result<Vec<PersonLine>, AdminError> {
        Ok(self.identity.find_people(words).await?.into_iter().map(person_line).collect())
    }

    /// One person.
    ///
    /// # Errors
    /// When there is none such, or when the database is away.
    pub async fn person(&self, by: Operator, id: UserId) -> Result<PersonView, AdminError> {
        let portrait = self.identity.portrait(id).await?;
        let browsers = portrait.browsers.into_iter().map(|browser| BrowserLine {
            name: browser.name(),
            app: browser.app(),
            method: browser.method,
            last_used: written(browser.last_used_at),
        });
        let log = portrait.log.into_iter().map(|line| LogLine {
            kind: line.kind,
            actor: line.actor,
            at: written(line.created_at),
        });
        let statuses = portrait.statuses.into_iter().map(|row| StatusLine {
            status: row.status,
            because: row.because,
            by: row.set_by.map_or_else(|| "the command line, or somebody who is gone".to_owned(), |by| by.to_string()),
            at: written(row.created_at),
        });
        Ok(PersonView {
            statuses: statuses.collect(),
            person: person_line(portrait.person),
            is_viewer: by == Operator::Person(id),
            ways: portrait.ways.into_iter().map(|(kind, label)| format!("{kind}: {label}")).collect(),
            browsers: browsers.collect(),
            teams: self.billing.teams_of(id).await?.into_iter().map(money::team_line).collect(),
            log: log.collect(),
        })
    }

    /// People who cannot open the mailbox of their account.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn recoveries(&self) -> Result<Vec<RecoveryLine>, AdminError> {
        let now = self.now();
        Ok(self.identity.mailbox_recoveries().await?.into_iter().map(|row| recovery_line(row, now)).collect())
    }

    /// Gives an account the address that was proved for it.
    ///
    /// # Errors
    /// As [`Identity::approve_recovery`].
    pub async fn approve_recovery(&self, by: Operator, id: MailboxRecoveryId, why: &str) -> Result<(), AdminError> {
        Ok(self.identity.approve_recovery(by, id, why).await?)
    }

    /// Leaves an account as it is.
    ///
    /// # Errors
    /// As [`Identity::refuse_recovery`].
    pub async fn refuse_recovery(&self, by: Operator, id: MailboxRecoveryId, why: &str) -> Result<(), AdminError> {
        Ok(self.identity.refuse_recovery(by, id, why).await?)
    }

    /// Closes an account off.
    ///
    /// # Errors
    /// As [`Identity::suspend`].
    pub async fn suspend(&self, by: Operator, id: UserId, reason: &str) -> Result<(), AdminError> {
        Ok(self.identity.suspend(by, id, reason).await?)
    }

    /// Opens an account again.
    ///
    /// # Errors
    /// As [`Identity::restore`].
    pub async fn restore(&self, by: Operator, id: UserId) -> Result<(), AdminError> {
        Ok(self.identity.restore(by, id, "").await?)
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// As [`Identity::end_sessions_of`].
    pub async fn end_sessions(&self, by: Operator, id: UserId) -> Result<(), AdminError> {
        self.identity.end_sessions_of(by, id).await?;
        Ok(())
    }

    /// The newest invitations.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitations(&self) -> Result<Vec<InvitationLine>, AdminError> {
        let now = self.now();
        Ok(self.identity.invitations().await?.into_iter().map(|line| invitation_line(line, now)).collect())
    }

    /// Invites an address.
    ///
    /// # Errors
    /// As [`Identity::invite`].
    pub async fn invite(&self, by: Operator, email: &str) -> Result<(), AdminError> {
        Ok(self.identity.invite(by, email).await?)
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// As [`Identity::take_back_invitation`].
    pub async fn take_back_invitation(&self, by: Operator, id: InvitationId) -> Result<(), AdminError> {
        Ok(self.identity.take_back_invitation(by, id).await?)
    }
}

fn person_line(person: Person) -> PersonLine {
    let suspended = person
        .suspended_at
        .map(|at| Suspended { at: written(at), because: person.suspended_because.unwrap_or_default() });
    PersonLine {
        id: person.id,
        display_name: person.display_name,
        email: person.email,
        handle: person.handle,
        is_admin: person.is_admin,
        suspended,
        created: written(person.created_at),
        last_signed_in: person.last_signed_in_at.map(written),
    }
}

fn recovery_line(row: MailboxRecovery, now: OffsetDateTime) -> RecoveryLine {
    let state = match row.state.as_str() {
        "stopped" => RecoveryState::Stopped,
        "approved" => RecoveryState::Approved,
        "refused" => RecoveryState::Refused,
        _ if now < row.waits_until => RecoveryState::Waits,
        _ => RecoveryState::Due,
    };
    let password = row.has_password.then(|| "password".to_owned());
    let ways: Vec<String> = password.into_iter().chain(row.ways).collect();
    let settled = row.settled_at.map(|at| {
        let because = row.because.map(|because| format!(": {because}")).unwrap_or_default();
        ("Settled", format!("{}{because}", written(at)))
    });
    let facts = [
        ("Lost address", row.old_email),
        ("New address, proved by a code", row.new_email),
        ("What they say", row.reason),
        ("Asked", format!("{}, from {}", written(row.created_at), row.client)),
        ("Waits until", written(row.waits_until)),
        ("Last signed in", row.last_signed_in_at.map_or_else(|| "never".to_owned(), written)),
        ("Other ways in", if ways.is_empty() { "none".to_owned() } else { ways.join(", ") }),
    ];
    RecoveryLine {
        id: row.id,
        user: row.user,
        display_name: row.display_name,
        state,
        facts: facts.into_iter().chain(settled).map(|(title, told)| (title.to_owned(), told)).collect(),
    }
}

fn invitation_line(invitation: Invitation, now: OffsetDateTime) -> InvitationLine {
    let state = match invitation.used_at {
        Some(_) => InvitationState::Used,
        None if invitation.expires_at <= now => InvitationState::Expired,
        None => InvitationState::Open,
    };
    InvitationLine {
        id: invitation.id,
        email: invitation.email,
        state,
        created: written(invitation.created_at),
        expires: written(invitation.expires_at),
    }
}

fn written(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.to_offset(time::UtcOffset::UTC).format(form).unwrap_or_default()
}
