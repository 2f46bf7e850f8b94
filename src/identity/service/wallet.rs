//! Coming in with a wallet: the text it is asked to sign, and what the signature is good for.

use thiserror::Error;

use super::{Arriving, Entry, Identity, IdentityError, Method, Opened, ProvenAccount};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        cookies::Secret,
        model::WalletPurpose,
        next,
        session::{self, Session},
        store::{self, NewWalletChallenge},
        wallet::{Address, challenge, challenge::Challenge, signature},
    },
    kit::id::CeremonyId,
    platform::{crypto::digest, limits::Bucket},
};

/// Who vouches for the subject: the accounts of Ethereum and its kin, the same on every chain (CAIP-2).
const ISSUER: &str = "eip155";

/// Why a wallet did not open anything.
#[derive(Debug, Error)]
pub enum WalletError {
    /// It is no address, or its checksum is wrong.
    #[error("no wallet address")]
    NotAnAddress,
    /// No text waits in this browser: it was used, replaced, or asked for elsewhere.
    #[error("nothing to sign")]
    NothingToSign,
    /// The text is too old.
    #[error("expired")]
    Expired,
    /// The signature is not that of the account over this text.
    #[error("not this account's signature")]
    WrongSignature,
    /// Somebody else is signed in meanwhile, or nobody.
    #[error("another session")]
    OtherSession,
    /// Linking asks for a recent proof, or somebody to be signed in.
    #[error("refused")]
    Refused(AppError),
    /// What is the same for all ways in.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<sqlx::Error> for WalletError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<WalletError> for AppError {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::NotAnAddress => Self::new(
                ErrorKind::Unprocessable,
                "wallet_address_invalid",
                "This is no wallet address: it is 0x and forty digits, in one case or with the checksum of EIP-55.",
            )
            .on_field("address"),
            WalletError::NothingToSign => Self::new(
                ErrorKind::Gone,
                "wallet_not_begun",
                "No wallet sign-in is under way in this browser, or it was used already. Start again.",
            ),
            WalletError::Expired => Self::new(
                ErrorKind::Gone,
                "wallet_expired",
                "The text that was signed has expired: it works for 10 minutes. Start again.",
            ),
            WalletError::WrongSignature => Self::new(
                ErrorKind::Forbidden,
                "wallet_signature_wrong",
                "This signature is not by the account that you chose. Start again with that account, and sign the text \
                 as it is. Wallets that are contracts are not supported.",
            ),
            WalletError::OtherSession => Self::new(
                ErrorKind::Conflict,
                "wallet_other_session",
                "Somebody signed in or out in this browser meanwhile, so nothing was changed. Start again.",
            ),
            WalletError::Refused(error) => error,
            WalletError::Identity(error) => error.into(),
        }
    }
}

/// What somebody who wants to sign with a wallet gives.
pub struct StartWallet<'a> {
    pub address: &'a str,
    /// Which chain the wallet is on (EIP-155).
    pub chain: u64,
    pub purpose: WalletPurpose,
    /// Where they want to go.
    pub next: &'a str,
    pub session: Option<&'a Session>,
    /// The secret that this browser has for ways in, if it has one.
    pub browser: Option<&'a Secret>,
    /// The network address that asks, as a key of the limits.
    pub client: &'a str,
}

/// A text to sign.
pub struct WalletText {
    pub message: String,
    /// Ties the signature to this browser; it goes into its cookie.
    pub browser: Secret,
}

/// What a signature was good for.
pub enum WalletDone {
    /// A session was opened.
    SignedIn(Opened),
    /// The wallet is a way in from now on.
    Linked,
    /// The session goes on under this new secret.
    Proved(Secret),
}

impl Identity {
    /// Writes the text that a wallet is asked to sign.
    ///
    /// # Errors
    /// When it is no address, the purpose needs a session that is not there or not lately proved, it is asked too often,
    /// or the database is away.
    pub async fn start_wallet(&self, start: StartWallet<'_>) -> Result<WalletText, WalletError> {
        self.limits.hit(Bucket::Login, start.client).await.map_err(IdentityError::from)?;
        let address = Address::parse(start.address).ok_or(WalletError::NotAnAddress)?;
        let now = self.clock.now();
        let session = match (start.purpose, start.session) {
            (WalletPurpose::SignIn, _) => None,
            (_, None) => return Err(WalletError::Refused(AppError::unauthenticated())),
            (WalletPurpose::Link, Some(session)) => {
                session::require_recent(session, now).map_err(WalletError::Refused)?;
                Some(session)
            }
            (WalletPurpose::Prove, Some(session)) => Some(session),
        };
        let nonce = hex::encode(self.random.bytes::<16>());
        let message = Challenge {
            site: &self.public_url,
            address,
            chain: start.chain,
            statement: statement(start.purpose),
            nonce: &nonce,
            issued_at: now,
        };
        let message = message.text();
        let browser = start.browser.cloned().unwrap_or_else(|| Secret::new(self.random.bytes()));
        let id: CeremonyId = self.random.id(now);
        let new = NewWalletChallenge {
            id,
            browser_hash: &digest(browser.as_slice()),
            address: &address.lower(),
            message: &message,
            purpose: start.purpose.as_str(),
            user: session.map(|session| session.user),
            session: session.map(|session| session.id),
            next_path: next::safe(start.next),
            created_at: now,
            expires_at: now + challenge::LASTS,
        };
        store::put_wallet_challenge(&mut *self.db.acquire().await?, &new).await?;
        Ok(WalletText { message, browser })
    }

    /// Checks a signature over the text that waits in this browser, and does what the text was for. The text is used up
    /// by the first try, right or wrong. With it comes where its person wanted to go.
    ///
    /// # Errors
    /// When nothing waits, the text is too old, the signature is another's, the session is another one than began, or
    /// the database is away.
    pub async fn finish_wallet(
        &self,
        signature: &str,
        browser: Option<&Secret>,
        arriving: &Arriving<'_>,
    ) -> Result<(WalletDone, String), WalletError> {
        let browser = browser.ok_or(WalletError::NothingToSign)?;
        // By itself and not in the transaction below, so that a failure there does not bring the text back.
        let hash = digest(browser.as_slice());
        let taken = store::take_wallet_challenge_by_secret(&mut *self.db.acquire().await?, &hash).await?;
        let text = taken.ok_or(WalletError::NothingToSign)?;
        if text.expires_at <= self.clock.now() {
            return Err(WalletError::Expired);
        }
        let signer = signature::signer(&text.message, signature).ok_or(WalletError::WrongSignature)?;
        if signer.lower() != text.address {
            return Err(WalletError::WrongSignature);
        }
        let purpose = WalletPurpose::parse(&text.purpose).ok_or(WalletError::NothingToSign)?;
        let label = signer.label();
        let account = ProvenAccount {
            provider: "wallet",
            issuer: ISSUER,
            subject: &text.address,
            label: &label,
            display_name: None,
            owned_email: None,
        };
        let session = arriving.until_now;
        let began = session.filter(|session| text.session == Some(session.id) && text.user == Some(session.user));
        let mut tx = self.db.begin().await?;
        let done = match (purpose, began) {
            (WalletPurpose::SignIn, _) => match self.enter(&mut tx, &account, &Method::Wallet, arriving).await? {
                Entry::Opened(opened) => WalletDone::SignedIn(opened),
                // A wallet has no address of mail, so nobody is known by it.
                Entry::Known(_) => return Err(IdentityError::Gone.into()),
            },
            (_, None) => return Err(WalletError::OtherSession),
            (WalletPurpose::Link, Some(session)) => {
                self.link(&mut tx, session.user, &account).await?;
                WalletDone::Linked
            }
            (WalletPurpose::Prove, Some(session)) => {
                WalletDone::Proved(self.prove_by_account(&mut tx, session, &account, &Method::Wallet).await?)
            }
        };
        tx.commit().await.map_err(IdentityError::from)?;
        Ok((done, next::safe(&text.next_path).to_owned()))
    }
}

/// The sentence that the wallet shows.
fn statement(purpose: WalletPurpose) -> &'static str {
    match purpose {
        WalletPurpose::SignIn => "Sign in to Aura. This costs nothing and moves nothing.",
        WalletPurpose::Link => "Add this wallet as a way to sign in to Aura. This costs nothing and moves nothing.",
        WalletPurpose::Prove => "Confirm to Aura that it is you. This costs nothing and moves nothing.",
    }
}
