use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    PhoneError,
    model::PhoneView,
    number::{Number, mask},
    store::{self, NewWaiting, PhoneRow, Waiting},
};
use crate::{
    identity::{
        Identity,
        model::six_digits,
        moment,
        service::{Begun, CEREMONY_LASTS, IdentityError, Notice, TRIES, usable},
        session::Session,
    },
    kit::id::{Id as _, SessionId, UserId, VerificationId},
    platform::{
        audit,
        limits::Bucket,
        text_messages::{NewText, TextError, TextMessages},
    },
};

const CODE_LABEL: &str = "code for a number";

/// The numbers of people.
#[derive(Clone)]
pub struct Phones {
    identity: Identity,
    texts: TextMessages,
}

impl Phones {
    /// Over the given parts.
    #[must_use]
    pub fn new(identity: Identity, texts: TextMessages) -> Self {
        Self { identity, texts }
    }

    /// The time by which proofs are judged.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.identity.clock.now()
    }

    fn are_on(&self) -> Result<(), PhoneError> {
        if self.texts.are_on() { Ok(()) } else { Err(TextError::Off.into()) }
    }

    /// Sends a code to the number. Free ones and those of other people take the same way.
    ///
    /// # Errors
    /// When text messages are off, it is no number of a mobile phone, it is asked too often, the day's are spent, or
    /// the database is away.
    pub async fn start(
        &self,
        user: UserId,
        session: SessionId,
        typed: &str,
        country: Option<&str>,
    ) -> Result<Begun, PhoneError> {
        self.are_on()?;
        let number = Number::read(typed, country)?;
        let identity = &self.identity;
        // So that one account cannot write to many numbers, and many accounts not to one.
        identity.limits.hit(Bucket::TextDay, &format!("person {user}")).await?;
        identity.limits.hit(Bucket::TextHour, &number.e164).await?;
        identity.limits.hit(Bucket::TextDay, &number.e164).await?;
        let now = self.now();
        let (id, expires_at): (VerificationId, _) = (identity.random.id(now), now + CEREMONY_LASTS);
        let code = Zeroizing::new(format!("{:06}", identity.random.below(1_000_000)));
        let host = identity.public_url.host_str().unwrap_or_default();
        // The last line lets phones offer the code to this site alone (wicg.github.io/sms-one-time-codes).
        let text = Zeroizing::new(format!(
            "{} is your code for Aura. It works for 10 minutes. Tell it to nobody.\n\n@{host} #{}",
            *code, *code
        ));
        let code_mac = identity.keys.mac(CODE_LABEL, &[&id.bytes(), code.as_bytes()]);
        let phone = &number.e164;
        let waiting = NewWaiting { id, user, session, phone, code_mac: &code_mac, created_at: now, expires_at };
        let message =
            NewText { template: "phone", number: phone, country: &number.country, text: &text, useless_at: expires_at };
        let mut tx = identity.db.begin().await?;
        store::insert_waiting(&mut tx, &waiting).await?;
        self.texts.enqueue(&mut tx, &message).await?;
        tx.commit().await?;
        Ok(Begun { id, expires_at })
    }

    /// Takes the code: the number is the person's from now on, in place of another of theirs. They are told by mail.
    ///
    /// # Errors
    /// When text messages are off, the code is wrong, used or too old, was tried too often, the number is another
    /// account's, or the database is away.
    pub async fn confirm(
        &self,
        user: UserId,
        session: SessionId,
        id: VerificationId,
        typed: &str,
    ) -> Result<PhoneRow, PhoneError> {
        self.are_on()?;
        let identity = &self.identity;
        identity.limits.hit(Bucket::Auth, &user.to_string()).await?;
        let code = Zeroizing::new(six_digits(typed).ok_or(IdentityError::NotACode)?);
        let mut connection = identity.db.acquire().await?;
        let found = store::waiting(&mut connection, user, session, id).await?.ok_or(PhoneError::NoSuchVerification)?;
        still_usable(&found, self.now())?;
        // Counted before anything is compared, so that parallel guesses count too.
        let tries = store::count_try(&mut connection, user, id, TRIES).await?.ok_or(IdentityError::Dead)?;
        drop(connection);
        if !identity.keys.verify(CODE_LABEL, &[&found.id.bytes(), code.as_bytes()], &found.code_mac) {
            let left = TRIES - tries;
            return Err(if left > 0 { IdentityError::WrongCode { left } } else { IdentityError::Dead }.into());
        }
        let (now, phone) = (self.now(), found.phone);
        let mut tx = identity.db.begin().await?;
        if !store::consume(&mut tx, user, id, now).await? {
            return Err(IdentityError::Used.into());
        }
        let before = store::phone_of(&mut tx, user).await?;
        if !store::put_phone(&mut tx, user, &phone, now).await? {
            return Err(PhoneError::Taken);
        }
        if before.as_ref().is_none_or(|before| before.phone != phone) {
            let masked = mask(&phone);
            let from = before.as_ref().map(|before| mask(&before.phone));
            let detail = serde_json::json!({ "from": from, "to": masked });
            audit::record(&mut tx, &identity.random, now, user, "phone_added", detail).await?;
            identity.notify(&mut tx, user, &Notice::PhoneAdded { number: &masked }).await?;
        }
        tx.commit().await?;
        Ok(PhoneRow { phone, verified_at: now })
    }

    /// Takes the number away. The person is told by mail.
    ///
    /// # Errors
    /// When there is none, or the database is away.
    pub async fn remove(&self, user: UserId) -> Result<(), PhoneError> {
        let identity = &self.identity;
        let mut tx = identity.db.begin().await?;
        let masked = mask(&store::delete_phone(&mut tx, user).await?.ok_or(PhoneError::NoNumber)?);
        let detail = serde_json::json!({ "from": masked });
        audit::record(&mut tx, &identity.random, self.now(), user, "phone_removed", detail).await?;
        identity.notify(&mut tx, user, &Notice::PhoneRemoved { number: &masked }).await?;
        Ok(tx.commit().await?)
    }

    /// The person's number.
    ///
    /// # Errors
    /// When there is none, or the database is away.
    pub async fn of(&self, user: UserId) -> Result<PhoneRow, PhoneError> {
        store::phone_of(&mut *self.identity.db.acquire().await?, user).await?.ok_or(PhoneError::NoNumber)
    }

    /// What the settings show.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn view(&self, session: &Session) -> Result<PhoneView, PhoneError> {
        let now = self.now();
        let mut connection = self.identity.db.acquire().await?;
        let phone = store::phone_of(&mut connection, session.user).await?;
        let newest = store::newest_waiting(&mut connection, session.user, session.id).await?;
        let newest = newest.filter(|waiting| self.texts.are_on() && still_usable(waiting, now).is_ok());
        let since = phone.as_ref().map(|phone| moment::day(phone.verified_at, now, &session.time_zone));
        Ok(PhoneView {
            on: self.texts.are_on(),
            number: phone.map(|phone| phone.phone),
            since: since.unwrap_or_default(),
            waits: newest.map(|waiting| (waiting.id, mask(&waiting.phone))),
        })
    }
}

fn still_usable(found: &Waiting, now: OffsetDateTime) -> Result<(), IdentityError> {
    usable(found.consumed_at, found.tries, found.expires_at, now)
}
