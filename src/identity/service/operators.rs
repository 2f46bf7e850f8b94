//! What operators do to other people's accounts. Each act leaves a line that names the operator, and a letter to the
//! person whom it concerns.

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{Identity, IdentityError, Notice, SESSION_IDLE, people::MOST_STATUSES};
use crate::{
    identity::{
        email, letter,
        store::{
            self,
            system::{
                invitations, people,
                statuses::{self, NewStatus, StatusRow},
            },
        },
    },
    kit::id::{Id as _, InvitationId, SessionId, UserId},
    platform::{
        audit::{self, AuditLine, Kinds},
        bus::Topic,
        mail::{Content, Letter},
        security::browser_name,
    },
};

pub use crate::identity::store::system::{
    invitations::Invitation,
    people::{Browser, Counts, Person},
};

/// How long an invitation can be used.
pub const INVITATION_LASTS: Duration = Duration::days(7);
const MOST_PEOPLE: i64 = 50;
const MOST_INVITATIONS: i64 = 200;
const MOST_LINES: i64 = 50;
const LONGEST_REASON: usize = 300;

/// Who acts for the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// A person with the role.
    Person(UserId),
    /// Whoever may run the program's commands.
    Command,
}

impl Operator {
    /// As the audit log names them.
    fn name(self) -> String {
        match self {
            Self::Person(id) => id.to_string(),
            Self::Command => "command line".to_owned(),
        }
    }

    fn id(self) -> Option<UserId> {
        match self {
            Self::Person(id) => Some(id),
            Self::Command => None,
        }
    }
}

impl Browser {
    /// What its person calls the device of an app; of a browser, which it is.
    #[must_use]
    pub fn name(&self) -> String {
        self.device_name.clone().unwrap_or_else(|| browser_name(&self.user_agent))
    }

    /// «App on iOS»; none for a browser.
    #[must_use]
    pub fn app(&self) -> Option<String> {
        self.platform.as_deref().map(|platform| format!("App {}", letter::on(platform)))
    }
}

/// All that an operator is shown of one person; no secret is in it.
pub struct Portrait {
    pub person: Person,
    pub browsers: Vec<Browser>,
    /// Kind and label of each account elsewhere that they sign in with.
    pub ways: Vec<(String, String)>,
    /// When it was closed off and opened again, the newest first.
    pub statuses: Vec<StatusRow>,
    /// What happened to the account lately.
    pub log: Vec<AuditLine>,
}

/// On one line, and not longer than is kept.
pub(super) fn shortened(reason: &str) -> String {
    email::one_line(reason).chars().take(LONGEST_REASON).collect()
}

impl Identity {
    /// How many people, sessions and invitations there are.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn counts(&self) -> Result<Counts, IdentityError> {
        let now = self.clock.now();
        Ok(people::counts(&self.db, now, now - SESSION_IDLE).await?)
    }

    /// Where those who act for the installation get mail, for a letter of the caller's transaction.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn operator_addresses_within(&self, tx: &mut sqlx::PgConnection) -> Result<Vec<String>, IdentityError> {
        Ok(people::operator_addresses(tx).await?)
    }

    /// The newest people who fit the words: id, beginning of address or handle, part of the name. At most fifty.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn find_people(&self, words: &str) -> Result<Vec<Person>, IdentityError> {
        Ok(people::find(&self.db, words.trim(), MOST_PEOPLE).await?)
    }

    /// One person.
    ///
    /// # Errors
    /// When there is no such person, or when the database is away.
    pub async fn portrait(&self, user: UserId) -> Result<Portrait, IdentityError> {
        let now = self.clock.now();
        let person = people::person(&self.db, user).await?.ok_or(IdentityError::NoSuchPerson)?;
        let browsers = people::browsers(&self.db, user, now, now - SESSION_IDLE).await?;
        let ways = people::ways(&self.db, user).await?;
        let mut connection = self.db.acquire().await?;
        let log = audit::read(&mut connection, user, Kinds::All, None, MOST_LINES).await?;
        let statuses = statuses::of(&mut connection, user, MOST_STATUSES).await?;
        Ok(Portrait { person, browsers, ways, statuses, log })
    }

    /// Closes an account off: every session ends, and nobody signs in to it until it is restored.
    ///
    /// # Errors
    /// When no reason is given, when it is the operator's own account or nobody's, or when the database is away.
    pub async fn suspend(&self, by: Operator, user: UserId, reason: &str) -> Result<(), IdentityError> {
        let reason = shortened(reason);
        if reason.is_empty() {
            return Err(IdentityError::NoReason);
        }
        let now = self.clock.now();
        let mut tx = self.begin_for(by, user).await?;
        if people::suspend(&mut tx, user, &reason, now).await? {
            self.keep_status(&mut tx, by, user, "suspended", &reason).await?;
            let ended = self.end_all_for(&mut tx, user, now).await?;
            self.note(&mut tx, by, user, "suspended", json!({ "reason": reason, "sessions": ended })).await?;
            self.notify(&mut tx, user, &Notice::Suspended).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Opens an account again, with a reason or without. The sessions that ended stay ended.
    ///
    /// # Errors
    /// When it is the operator's own account or nobody's, or when the database is away.
    pub async fn restore(&self, by: Operator, user: UserId, reason: &str) -> Result<(), IdentityError> {
        let mut tx = self.begin_for(by, user).await?;
        if people::restore(&mut tx, user).await? {
            self.keep_status(&mut tx, by, user, "active", &shortened(reason)).await?;
            self.note(&mut tx, by, user, "restored", json!({})).await?;
            self.notify(&mut tx, user, &Notice::Restored).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// When it is the operator's own account or nobody's, or when the database is away.
    pub async fn end_sessions_of(&self, by: Operator, user: UserId) -> Result<usize, IdentityError> {
        let now = self.clock.now();
        let mut tx = self.begin_for(by, user).await?;
        let ended = self.end_all_for(&mut tx, user, now).await?;
        if ended > 0 {
            self.note(&mut tx, by, user, "signed_out_by_operator", json!({ "sessions": ended })).await?;
            self.notify(&mut tx, user, &Notice::SignedOutByOperator).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Gives or takes the role of an operator. All sessions of the person end, so that none from before goes on with
    /// other rights. Whether anything changed.
    ///
    /// # Errors
    /// When the address is nobody's, or when the database is away.
    pub async fn set_operator(&self, by: Operator, address: &str, operates: bool) -> Result<bool, IdentityError> {
        let address = email::normalise(address).ok_or(IdentityError::NotAnAddress)?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let user = store::user_by_email(&mut tx, &address).await?.ok_or(IdentityError::NoSuchPerson)?;
        if !people::set_admin(&mut tx, user, operates).await? {
            return Ok(false);
        }
        let ended = self.end_all_for(&mut tx, user, now).await?;
        let (kind, notice) =
            if operates { ("role_granted", Notice::RoleGranted) } else { ("role_taken", Notice::RoleTaken) };
        self.note(&mut tx, by, user, kind, json!({ "role": "admin", "sessions": ended })).await?;
        self.notify(&mut tx, user, &notice).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Invites an address to make an account, once, within seven days; a second invitation replaces the first.
    ///
    /// # Errors
    /// When it is no address, when it has an account already, or when the database is away.
    pub async fn invite(&self, by: Operator, address: &str) -> Result<(), IdentityError> {
        let address = email::normalise(address).ok_or(IdentityError::NotAnAddress)?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::lock_key(&mut tx, &address).await?;
        if store::user_by_email(&mut tx, &address).await?.is_some() {
            return Err(IdentityError::IsHereAlready);
        }
        let id: InvitationId = self.random.id(now);
        let new = invitations::NewInvitation {
            id,
            email: &address,
            invited_by: by.id(),
            now,
            expires_at: now + INVITATION_LASTS,
        };
        invitations::invite(&mut tx, &new).await?;
        self.note_own(&mut tx, by, "invited", json!({ "invitation": id })).await?;
        let letter = self.invitation_letter()?;
        self.outbox.enqueue(&mut tx, &address, letter).await?;
        Ok(tx.commit().await?)
    }

    /// The newest invitations.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn invitations(&self) -> Result<Vec<Invitation>, IdentityError> {
        Ok(invitations::invitations(&self.db, MOST_INVITATIONS).await?)
    }

    /// Takes an invitation back that nobody has used.
    ///
    /// # Errors
    /// When there is none such, or when the database is away.
    pub async fn take_back_invitation(&self, by: Operator, id: InvitationId) -> Result<(), IdentityError> {
        let mut tx = self.db.begin().await?;
        invitations::take_back(&mut tx, id).await?.ok_or(IdentityError::NoSuchInvitation)?;
        self.note_own(&mut tx, by, "invitation_taken_back", json!({ "invitation": id })).await?;
        Ok(tx.commit().await?)
    }

    /// Notes what an operator did that concerns nobody's account, such as running a job again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_operation(&self, by: Operator, kind: &str, detail: Value) -> Result<(), IdentityError> {
        let mut connection = self.db.acquire().await?;
        self.note_own(&mut connection, by, kind, detail).await
    }

    async fn keep_status(
        &self,
        tx: &mut PgConnection,
        by: Operator,
        user: UserId,
        status: &str,
        because: &str,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let new = NewStatus { id: self.random.id(now), user, status, because, set_by: by.id(), now };
        Ok(statuses::insert(tx, &new).await?)
    }

    pub(super) async fn begin_for(
        &self,
        by: Operator,
        user: UserId,
    ) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, IdentityError> {
        if by == Operator::Person(user) {
            return Err(IdentityError::OwnAccount);
        }
        let mut tx = self.db.begin().await?;
        if people::lock(&mut tx, user).await? { Ok(tx) } else { Err(IdentityError::NoSuchPerson) }
    }

    pub(super) async fn end_all_for(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<usize, IdentityError> {
        let ended: Vec<SessionId> = store::end_all_sessions(tx, user, now).await?;
        for id in &ended {
            self.bus.notify(tx, Topic::SessionEnded, &id.to_string()).await?;
        }
        Ok(ended.len())
    }

    pub(super) async fn note(
        &self,
        tx: &mut PgConnection,
        by: Operator,
        user: UserId,
        kind: &str,
        detail: Value,
    ) -> Result<(), IdentityError> {
        Ok(audit::record_by(tx, &self.random, self.clock.now(), user, &by.name(), kind, detail).await?)
    }

    /// A line in the operator's own log; a command has none, so the installation's has it.
    async fn note_own(
        &self,
        connection: &mut PgConnection,
        by: Operator,
        kind: &str,
        detail: Value,
    ) -> Result<(), IdentityError> {
        let subject = by.id().unwrap_or_else(|| UserId::from_bytes([0; 16]));
        self.note(connection, by, subject, kind, detail).await
    }

    fn invitation_letter(&self) -> Result<Letter, IdentityError> {
        let host = self.public_url.host_str().unwrap_or_default();
        let mut address = self.public_url.clone();
        address.set_path("/signin");
        let said = format!(
            "Somebody who runs the Aura at {host} invites you. Aura answers questions from the services that you already \
             use. Open the page, type this address, and enter the code that we send you."
        );
        let letter = Letter::compose(
            "invitation",
            "You are invited to Aura",
            &Content {
                title: "You are invited to Aura",
                paragraphs: &[&said, "The invitation is for this address alone and works once, for 7 days."],
                code: None,
                button: Some(("Make your account", address.as_str())),
                footer: "You get this mail because somebody who runs this Aura typed your address. If you do not want an \
                         account, do nothing.",
            },
        )?;
        Ok(letter)
    }
}
