//! Codes for somebody who is signed in: they belong to one session and one purpose, and come without a link.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    CEREMONY_LASTS, Identity, IdentityError, TRIES,
    sign_in::{resend_wait, still_usable},
};
use crate::{
    identity::{
        model::{Awaited, mask, six_digits},
        session::Session,
        store::{self, Ceremony, NewCeremony, Purpose},
    },
    kit::id::{CeremonyId, Id as _, SessionId, UserId},
    platform::{
        crypto::digest,
        limits::Bucket,
        mail::{Letter, MailError},
    },
};

const CODE_LABEL: &str = "confirmation code";

/// Somebody who is signed in, with a browser or with a program.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    pub user: UserId,
    pub session: SessionId,
    /// Their proved address, where they have one.
    pub email: Option<&'a str>,
}

impl<'a> From<&'a Session> for Asker<'a> {
    fn from(session: &'a Session) -> Self {
        Self { user: session.user, session: session.id, email: session.email.as_deref() }
    }
}

/// Whether what waits for a code can still be finished with it.
///
/// # Errors
/// When it was used, was tried too often, or is too old.
pub(in crate::identity) fn usable(
    consumed_at: Option<OffsetDateTime>,
    tries: i16,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), IdentityError> {
    if consumed_at.is_some() {
        Err(IdentityError::Used)
    } else if tries >= TRIES {
        Err(IdentityError::Dead)
    } else if expires_at <= now {
        Err(IdentityError::Expired)
    } else {
        Ok(())
    }
}

impl Identity {
    /// Writes the ceremony and puts its letter into the outbox. `next` is where the person goes afterwards. A letter
    /// that leaves the code out makes a ceremony that nobody can finish.
    pub(super) async fn send_code(
        &self,
        asker: Asker<'_>,
        purpose: Purpose,
        email: &str,
        next: &str,
        letter: impl FnOnce(&str) -> Result<Letter, MailError>,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        if let Some(last) = self.own_ceremony(asker, purpose).await?
            && last.email == email
            && let wait @ 1.. = resend_wait(&last, now)
        {
            return Err(IdentityError::TooEarly { wait });
        }
        self.limits.hit(Bucket::MailMinute, email).await?;
        self.limits.hit(Bucket::MailDay, email).await?;
        let id: CeremonyId = self.random.id(now);
        let code = Zeroizing::new(format!("{:06}", self.random.below(1_000_000)));
        let letter = letter(&code)?;
        let mut tx = self.db.begin().await?;
        store::insert_ceremony(
            &mut tx,
            &NewCeremony {
                id,
                // Nobody keeps these secrets: what finishes this ceremony is the session with the code.
                browser_hash: &digest(&self.random.bytes::<32>()),
                link_hash: &digest(&self.random.bytes::<32>()),
                email,
                code_mac: &self.keys.mac(CODE_LABEL, &[&id.bytes(), code.as_bytes()]),
                next_path: next,
                time_zone: "",
                created_at: now,
                expires_at: now + CEREMONY_LASTS,
            },
        )
        .await?;
        store::give_ceremony(&mut tx, id, purpose, asker.user, asker.session).await?;
        self.outbox.enqueue(&mut tx, email, letter).await?;
        Ok(tx.commit().await?)
    }

    /// What the page for the code shows; nothing when none waits.
    pub(super) async fn own_awaited(
        &self,
        asker: Asker<'_>,
        purpose: Purpose,
    ) -> Result<Option<Awaited>, IdentityError> {
        let now = self.clock.now();
        let ceremony = self.own_ceremony(asker, purpose).await?;
        let ceremony = ceremony.filter(|ceremony| still_usable(ceremony, now).is_ok());
        Ok(ceremony
            .map(|ceremony| Awaited { masked_email: mask(&ceremony.email), resend_in: resend_wait(&ceremony, now) }))
    }

    /// The ceremony of this session, if these are its digits.
    pub(super) async fn check_own_code(
        &self,
        asker: Asker<'_>,
        purpose: Purpose,
        typed: &str,
    ) -> Result<Ceremony, IdentityError> {
        self.limits.hit(Bucket::Auth, &asker.user.to_string()).await?;
        let code = Zeroizing::new(six_digits(typed).ok_or(IdentityError::NotACode)?);
        let ceremony = self.own_ceremony(asker, purpose).await?.ok_or(IdentityError::NoCode)?;
        self.try_code(CODE_LABEL, ceremony, &code).await
    }

    /// A try is counted before the digits are looked at, so that parallel guesses count too. `label` says what the code
    /// is for: one for something else is wrong here.
    pub(super) async fn try_code(
        &self,
        label: &str,
        ceremony: Ceremony,
        code: &str,
    ) -> Result<Ceremony, IdentityError> {
        still_usable(&ceremony, self.clock.now())?;
        let mut connection = self.db.acquire().await?;
        let tries = store::count_try(&mut connection, &ceremony.browser_hash, ceremony.id, TRIES).await?;
        let tries = tries.ok_or(IdentityError::Dead)?;
        if self.keys.verify(label, &[&ceremony.id.bytes(), code.as_bytes()], &ceremony.code_mac) {
            Ok(ceremony)
        } else if tries >= TRIES {
            Err(IdentityError::Dead)
        } else {
            Err(IdentityError::WrongCode { left: TRIES - tries })
        }
    }

    async fn own_ceremony(&self, asker: Asker<'_>, purpose: Purpose) -> Result<Option<Ceremony>, IdentityError> {
        let mut connection = self.db.acquire().await?;
        Ok(store::own_ceremony(&mut connection, asker.user, asker.session, purpose).await?)
    }
}
