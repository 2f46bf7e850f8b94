use sqlx::PgConnection;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Arriving, CEREMONY_LASTS, Identity, IdentityError, Method, Opened, RESEND_AFTER, usable};
use crate::{
    identity::{
        cookies::{self, Secret},
        email, letter,
        model::{Awaited, mask, six_digits},
        next,
        store::{self, Ceremony, NewCeremony},
    },
    kit::id::{CeremonyId, Id as _, UserId},
    platform::{crypto::digest, limits::Bucket},
};

const CODE_LABEL: &str = "sign-in code";

/// What somebody who wants to sign in gives.
pub struct StartSignIn<'a> {
    /// The address as typed.
    pub email: &'a str,
    /// Where they want to go.
    pub next: &'a str,
    /// The zone that the browser tells, or nothing.
    pub time_zone: &'a str,
    /// The network address that asks, as a key of the limits.
    pub client: &'a str,
}

/// What somebody shows to prove that a letter reached them.
pub enum Proof<'a> {
    /// The digits as typed.
    Code(&'a str),
    /// The secret of the link.
    Link(&'a str),
}

/// A new session: its secret goes into a cookie and nowhere else.
pub struct SignedIn {
    /// For the cookie.
    pub secret: Secret,
    /// Where to go now; a path of this site.
    pub next: String,
}

impl Identity {
    /// Begins a sign-in: writes the ceremony and puts its letter into the outbox. Known and unknown addresses take
    /// the same way. The secret ties what follows to this browser.
    ///
    /// # Errors
    /// When the address is none, when it is asked too often, or when the database is away.
    pub async fn start_sign_in(&self, start: StartSignIn<'_>) -> Result<Secret, IdentityError> {
        self.limits.hit(Bucket::Login, start.client).await?;
        let email = email::normalise(start.email).ok_or(IdentityError::NotAnAddress)?;
        self.begin(&email, next::safe(start.next), known_zone(start.time_zone)).await
    }

    /// Sends a new code and link in place of those of the sign-in under way.
    ///
    /// # Errors
    /// When none is under way, when it is too early, or when the database is away.
    pub async fn resend(&self, browser: Option<&Secret>, client: &str) -> Result<Secret, IdentityError> {
        let now = self.clock.now();
        let ceremony = self.under_way(browser).await?;
        if let wait @ 1.. = resend_wait(&ceremony, now) {
            return Err(IdentityError::TooEarly { wait });
        }
        self.limits.hit(Bucket::Login, client).await?;
        self.begin(&ceremony.email, &ceremony.next_path, &ceremony.time_zone).await
    }

    /// What the page for the code shows; nothing when no sign-in is under way in this browser.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn awaited(&self, browser: Option<&Secret>) -> Result<Option<Awaited>, IdentityError> {
        let ceremony = match self.under_way(browser).await {
            Err(IdentityError::NotBegun) => return Ok(None),
            found => found?,
        };
        let resend_in = resend_wait(&ceremony, self.clock.now());
        Ok(Some(Awaited { masked_email: mask(&ceremony.email), resend_in }))
    }

    async fn under_way(&self, browser: Option<&Secret>) -> Result<Ceremony, IdentityError> {
        let browser = browser.ok_or(IdentityError::NotBegun)?;
        let mut connection = self.db.acquire().await?;
        store::ceremony_by_secret(&mut connection, &digest(browser.as_slice())).await?.ok_or(IdentityError::NotBegun)
    }

    async fn begin(&self, email: &str, next: &str, zone: &str) -> Result<Secret, IdentityError> {
        self.limits.hit(Bucket::MailMinute, email).await?;
        self.limits.hit(Bucket::MailDay, email).await?;
        let now = self.clock.now();
        let id: CeremonyId = self.random.id(now);
        let browser = Secret::new(self.random.bytes());
        let link = Secret::new(self.random.bytes());
        let code = Zeroizing::new(format!("{:06}", self.random.below(1_000_000)));
        let mut address = self.public_url.clone();
        address.set_path("/verify-email");
        address.query_pairs_mut().append_pair("token", &cookies::encode(link.as_slice()));
        let letter = letter::sign_in(&code, address.as_str(), self.public_url.host_str().unwrap_or_default())?;

        let mut tx = self.db.begin().await?;
        store::insert_ceremony(
            &mut tx,
            &NewCeremony {
                id,
                browser_hash: &digest(browser.as_slice()),
                email,
                code_mac: &self.keys.mac(CODE_LABEL, &[&id.bytes(), code.as_bytes()]),
                link_hash: &digest(link.as_slice()),
                next_path: next,
                time_zone: zone,
                created_at: now,
                expires_at: now + CEREMONY_LASTS,
            },
        )
        .await?;
        self.outbox.enqueue(&mut tx, email, letter).await?;
        tx.commit().await?;
        Ok(browser)
    }

    /// Checks the proof, consumes the ceremony and signs this browser in; the session it had until now ends. A person
    /// who is new gets an account.
    ///
    /// # Errors
    /// When the proof is wrong, used or too old, shown by another browser or too often, or when the database is away.
    pub async fn finish_sign_in(
        &self,
        proof: Proof<'_>,
        browser: Option<&Secret>,
        arriving: Arriving<'_>,
    ) -> Result<SignedIn, IdentityError> {
        let (ceremony, method) = match proof {
            Proof::Code(typed) => (self.check_code(typed, browser).await?, Method::EmailCode),
            Proof::Link(token) => (self.check_link(token, browser).await?, Method::EmailLink),
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !store::consume_ceremony(&mut tx, &ceremony.browser_hash, ceremony.id, now).await? {
            return Err(IdentityError::Used);
        }
        let arriving = Arriving { time_zone: &ceremony.time_zone, ..arriving };
        let opened = self.enter_by_email(&mut tx, &ceremony.email, &method, &arriving).await?;
        tx.commit().await?;
        Ok(SignedIn { secret: opened.secret, next: next::safe(&ceremony.next_path).to_owned() })
    }

    /// Whoever owns the address, or a new person, with this browser. Two sign-ins at once with a new address make one person.
    async fn enter_by_email(
        &self,
        tx: &mut PgConnection,
        email: &str,
        method: &Method,
        arriving: &Arriving<'_>,
    ) -> Result<Opened, IdentityError> {
        let (user, new_person) = self.person_by_email(tx, email, arriving.limit_key, arriving.time_zone).await?;
        self.open_session(tx, user, new_person, method, arriving).await
    }

    /// Whoever has proved to own the address, and whether they are new. `client` is where they come from, as the limits
    /// count it.
    pub(super) async fn person_by_email(
        &self,
        tx: &mut PgConnection,
        email: &str,
        client: &str,
        time_zone: &str,
    ) -> Result<(UserId, bool), IdentityError> {
        store::lock_key(tx, email).await?;
        if let Some(user) = store::user_by_email(tx, email).await? {
            return Ok((user, false));
        }
        self.admit(tx, Some(email), client).await?;
        let (name, now) = (email::name_of(email), self.clock.now());
        Ok((self.create_person(tx, &name, Some(email), time_zone, now).await?, true))
    }

    /// The ceremony of this browser, if these are its digits.
    async fn check_code(&self, typed: &str, browser: Option<&Secret>) -> Result<Ceremony, IdentityError> {
        let ceremony = self.under_way(browser).await?;
        self.limits.hit(Bucket::Auth, &ceremony.email).await?;
        let code = Zeroizing::new(six_digits(typed).ok_or(IdentityError::NotACode)?);
        self.try_code(CODE_LABEL, ceremony, &code).await
    }

    /// The link alone is not enough: whoever got somebody else to open it would sign them in as themselves.
    async fn check_link(&self, token: &str, browser: Option<&Secret>) -> Result<Ceremony, IdentityError> {
        let link = cookies::decode(token).ok_or(IdentityError::UnknownLink)?;
        let mut connection = self.db.acquire().await?;
        let ceremony = store::ceremony_by_link_secret(&mut connection, &digest(link.as_slice()))
            .await?
            .ok_or(IdentityError::UnknownLink)?;
        still_usable(&ceremony, self.clock.now())?;
        let same = browser.is_some_and(|browser| digest(browser.as_slice()).as_slice() == ceremony.browser_hash);
        if same { Ok(ceremony) } else { Err(IdentityError::OtherBrowser) }
    }
}

pub(super) fn still_usable(ceremony: &Ceremony, now: OffsetDateTime) -> Result<(), IdentityError> {
    usable(ceremony.consumed_at, ceremony.tries, ceremony.expires_at, now)
}

pub(super) fn resend_wait(ceremony: &Ceremony, now: OffsetDateTime) -> u32 {
    let wait = ceremony.created_at + RESEND_AFTER - now;
    u32::try_from(wait.whole_seconds() + i64::from(wait.subsec_nanoseconds() > 0)).unwrap_or(0)
}

/// The zone if it is one, else nothing: a browser without scripts tells none, and the one known before stays.
fn known_zone(name: &str) -> &str {
    if time_tz::timezones::get_by_name(name).is_some() { name } else { "" }
}
