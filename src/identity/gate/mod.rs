//! The pages in front of the app: signing in, typing codes, confirming. They are drawn here and never taken over in the
//! browser, so nothing of them is in its WebAssembly. Every form works by itself; `/gate.js` adds what needs a script.

mod confirm;
mod confirm_email;
mod fields;
mod lost_mailbox;
mod onward;
mod password;
mod privy;
mod privy_code;
mod refresh;
mod sign_in;
mod stop_recovery;
mod undo_email;
mod verify_email;
mod wallet;
mod ways;

pub use confirm::ConfirmPage;
pub use confirm_email::ConfirmEmailPage;
pub use lost_mailbox::LostMailboxPage;
pub use password::PasswordPage;
pub use privy_code::PrivyCodePage;
pub use refresh::RefreshPage;
pub use sign_in::SignInPage;
pub use stop_recovery::StopRecoveryPage;
pub use undo_email::UndoEmailPage;
pub use verify_email::VerifyEmailPage;
pub use wallet::WalletPage;

use leptos_router::hooks::use_query_map;

/// A part of the page's address; empty where it is not there.
fn asked(name: &str) -> String {
    use leptos::prelude::WithUntracked as _;
    use_query_map().with_untracked(|query| query.get(name).unwrap_or_default())
}
