//! The parts of the sign-in pages, and who is signed in for the shell.

mod account_box;
mod code_form;
mod link_form;
mod privy_ways;
mod wallet_way;
mod ways;
mod ways_in;

pub use account_box::{AccountBox, ViewerChanges};
pub use code_form::CodeForm;
pub use link_form::LinkForm;
pub use privy_ways::{PrivyCodePage, PrivyRefreshPage, PrivySignIn};
pub use wallet_way::WalletWay;
pub use ways::{OtherWays, SignInNotice};
pub use ways_in::WaysInSection;
