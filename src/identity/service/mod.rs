//! What one can do as somebody who signs in, and as somebody who is signed in.

mod activity;
mod admission;
mod codes;
mod devices;
mod email_change;
mod entry;
mod error;
mod gate;
mod handles;
mod leaving;
mod linking;
mod lost_mailbox;
pub mod mailbox_decisions;
mod notices;
pub mod operators;
mod passwords;
pub mod people;
mod program_codes;
mod program_devices;
mod recovery;
mod registration;
mod renewal;
mod sessions;
mod sign_in;
mod step_up;
mod tokens;
mod verifications;
mod wallet;

pub use codes::Asker;
pub(super) use codes::usable;
pub use entry::{Arriving, Entry, Holder, Method, Opened, ProvenAccount};
pub use error::IdentityError;
pub use handles::HandleError;
pub use leaving::LEAVING_LASTS;
pub use lost_mailbox::{LostMailbox, RECOVERY_WAITS};
pub use notices::{Concern, InApp, Notice, Told};
pub use passwords::{Credentials, NewPassword};
pub use program_devices::{DEVICES, DeviceChange, DeviceError};
pub use registration::Registering;
pub use renewal::{LOST_ANSWER_WAITS, RenewalError, Renewing};
pub use sign_in::{Proof, SignedIn, StartSignIn};
pub use step_up::ProofShown;
pub use tokens::{ArrivingProgram, IssuedTokens, ProgramDevice, TokenError};
pub use verifications::Begun;
pub use wallet::{StartWallet, WalletDone, WalletError};

use std::sync::Arc;

use time::Duration;
use url::Url;

pub use crate::identity::password::PasswordError;
use crate::identity::password::Passwords;
use crate::platform::{
    bus::Bus,
    clock::Clock,
    config::{SignUpPolicy, TokenSettings},
    crypto::{Keys, Vault},
    db::Db,
    limits::Limits,
    mail::Outbox,
    random::Random,
};

/// How long a code and a link work, and the browser's cookie for them with it.
pub const CEREMONY_LASTS: Duration = Duration::minutes(10);
/// How long a session can live at most.
pub const SESSION_LASTS: Duration = Duration::days(90);
/// How long a session lives unused.
pub const SESSION_IDLE: Duration = Duration::days(14);
/// How long an account whose address is known here waits for a yes.
pub const LINK_WAITS: Duration = Duration::minutes(30);
/// How many codes may be tried on one ceremony.
pub const TRIES: i16 = 5;
/// How long one waits before another mail can be asked for.
pub const RESEND_AFTER: Duration = Duration::seconds(30);

/// People, their ways to sign in, and their sessions.
#[derive(Clone)]
pub struct Identity {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) keys: Keys,
    vault: Vault,
    outbox: Outbox,
    in_app: Arc<dyn InApp>,
    pub(super) limits: Limits,
    pub(super) bus: Bus,
    pub(super) public_url: Url,
    sign_up: SignUpPolicy,
    tokens: TokenSettings,
    passwords: Passwords,
}

impl Identity {
    /// Over the given parts of the platform; `public_url` is where links in letters lead.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "each is one part of the platform, named once, in serve.rs")]
    pub fn new(
        db: Db,
        clock: Clock,
        random: Random,
        keys: Keys,
        vault: Vault,
        outbox: Outbox,
        in_app: Arc<dyn InApp>,
        limits: Limits,
        bus: Bus,
        public_url: Url,
        sign_up: SignUpPolicy,
        tokens: TokenSettings,
        passwords: Passwords,
    ) -> Self {
        Self { db, clock, random, keys, vault, outbox, in_app, limits, bus, public_url, sign_up, tokens, passwords }
    }
}
