//! Sessions in place of tokens: a web session that is traded by a signed call, and one that is begun with a password.

pub mod login;
pub mod signed;
