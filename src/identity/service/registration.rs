//! Making an account with a password. Until the address is proved nothing of a person exists: what they gave waits,
//! sealed, beside the code.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    ArrivingProgram, Begun, Identity, IdentityError, IssuedTokens, Method, PasswordError,
    email_change::is_taken,
    verifications::{Waiting, still_usable},
};
use crate::{
    identity::{
        cookies::{self, Secret},
        email, letter,
        model::mask,
        password::{Match, Password},
        store::{self, Verification, VerificationPurpose},
    },
    kit::id::{UserId, VerificationId},
    platform::{
        crypto::{Place, digest},
        limits::Bucket,
    },
};

/// What somebody gives who wants an account.
pub struct Registering<'a> {
    /// As typed.
    pub email: &'a str,
    pub password: &'a str,
    /// What to call them; else what their address begins with.
    pub display_name: Option<&'a str>,
    /// The network address that asks, as a key of the limits.
    pub client: &'a str,
}

/// What waits for the proof.
#[derive(Serialize, Deserialize)]
struct Promise {
    hash: String,
    name: Option<String>,
}

fn place(id: VerificationId) -> Place<'static> {
    let row = Uuid::from(id);
    Place { table: "user_verifications", column: "sealed_payload", row, owner: row, provider: "" }
}

impl Identity {
    /// Sends a code and a link to the address. One that has an account gets a letter that says so, and who asks the same
    /// answer after the same work.
    ///
    /// # Errors
    /// When the address or the password is not taken, it is asked too often, or the database is away.
    pub async fn register(&self, new: Registering<'_>) -> Result<Begun, PasswordError> {
        self.limits.hit(Bucket::Login, new.client).await?;
        let address = email::normalise(new.email).ok_or(IdentityError::NotAnAddress)?;
        let name = new.display_name.map(email::display_name);
        let about = [address.as_str(), name.as_deref().unwrap_or_default()];
        let password = self.passwords.accept(new.password, &about).await?;
        self.count_letter(&address).await?;
        let hash = self.passwords.hash(password).await?;
        let fresh = self.fresh();
        let promise = serde_json::to_vec(&Promise { hash, name }).map_err(|_| PasswordError::Hashing)?;
        let sealed = self.vault.seal(&place(fresh.id), &promise)?;
        let link = Secret::new(self.random.bytes());

        let mut tx = self.db.begin().await?;
        let known = is_taken(&mut tx, &address, None, fresh.created_at).await?;
        let waiting = Waiting {
            purpose: VerificationPurpose::Register,
            target: &address,
            told: !known,
            link_hash: Some(&if known { self.random.bytes() } else { digest(link.as_slice()) }),
            sealed_payload: Some(&sealed),
        };
        let begun = self.write_down(&mut tx, &fresh, &waiting).await?;
        let letter = if known {
            letter::has_account(&self.public_url)?
        } else {
            letter::register(&fresh.code, &cookies::encode(link.as_slice()), &self.public_url)?
        };
        self.outbox.enqueue(&mut tx, &address, letter).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Takes the code: the account is made, and the program signed in.
    ///
    /// # Errors
    /// When the code is wrong, used or too old, a new person may not come in, or the database is away.
    pub async fn confirm_registration(
        &self,
        id: VerificationId,
        typed: &str,
        arriving: &ArrivingProgram<'_>,
    ) -> Result<IssuedTokens, PasswordError> {
        let found = self.check_verification(id, VerificationPurpose::Register, typed).await?;
        let promise = self.promise(&found)?;
        let mut tx = self.db.begin().await?;
        let user = self.keep_promise(&mut tx, &found, promise, arriving.limit_key).await?;
        let tokens = self.open_program_session(&mut tx, user, true, &Method::EmailCode, arriving).await?;
        tx.commit().await?;
        Ok(tokens)
    }

    /// The address that the link in the letter confirms, with most of its letters hidden; nothing when it is too late.
    /// Looking changes nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn confirmable(&self, token: &str) -> Result<Option<String>, IdentityError> {
        let found = self.by_link(token).await?;
        Ok(found.filter(|found| still_usable(found, self.clock.now()).is_ok()).map(|found| mask(&found.target)))
    }

    /// Makes the account from the letter's link, in whatever browser it was opened. That proves the address; that the
    /// password is known proves that it is the one who registered. Else somebody could register another's address, and
    /// wait for them to press the button.
    ///
    /// # Errors
    /// When the link is used or too old, the password is another one, a new person may not come in, or the database is
    /// away.
    pub async fn confirm_by_link(&self, token: &str, typed: &str, client: &str) -> Result<(), PasswordError> {
        let found = self.by_link(token).await?.ok_or(PasswordError::LinkOver)?;
        self.count_verification_try(&found).await.map_err(|error| match error {
            IdentityError::Used | IdentityError::Expired => PasswordError::LinkOver,
            other => other.into(),
        })?;
        let promise = self.promise(&found)?;
        if self.passwords.check(Password::shown(typed)?, Some(promise.hash.clone())).await? == Match::No {
            return Err(PasswordError::Other);
        }
        let mut tx = self.db.begin().await?;
        self.keep_promise(&mut tx, &found, promise, client).await?;
        Ok(tx.commit().await?)
    }

    async fn by_link(&self, token: &str) -> Result<Option<Verification>, IdentityError> {
        let Some(link) = cookies::decode(token) else { return Ok(None) };
        let mut connection = self.db.acquire().await?;
        let hash = digest(link.as_slice());
        Ok(store::verification_by_link_secret(&mut connection, &hash, VerificationPurpose::Register).await?)
    }

    fn promise(&self, found: &Verification) -> Result<Promise, PasswordError> {
        let sealed = found.sealed_payload.as_deref().ok_or(IdentityError::Used)?;
        let opened = self.vault.open(&place(found.id), sealed)?;
        serde_json::from_slice(&opened).map_err(|_| PasswordError::Hashing)
    }

    async fn keep_promise(
        &self,
        tx: &mut PgConnection,
        found: &Verification,
        promise: Promise,
        client: &str,
    ) -> Result<UserId, PasswordError> {
        let (address, now) = (found.target.as_str(), self.clock.now());
        store::lock_key(tx, address).await?;
        if !store::consume_verification_by_secret(tx, found.id, now).await? {
            return Err(IdentityError::Used.into());
        }
        // Whoever has the account by now proved the address in another way, and did not choose this password.
        if store::user_by_email(tx, address).await?.is_some() {
            return Err(PasswordError::HasAccount);
        }
        self.admit(tx, Some(address), client).await?;
        let name = promise.name.unwrap_or_else(|| email::name_of(address));
        let user = self.create_person(tx, &name, Some(address), "", now).await?;
        store::set_password(tx, user, &promise.hash, now).await?;
        Ok(user)
    }
}
