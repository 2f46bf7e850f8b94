//! The parts of the sign-in pages, and who is signed in for the shell.

mod account_box;
mod code_form;
mod link_form;

pub use account_box::AccountBox;
pub use code_form::CodeForm;
pub use link_form::LinkForm;
