//! A number that a person has proved by a code in a text message. It is kept to be looked at and written to; it opens
//! nothing: nobody signs in or gets an account back by it.
//!
//! A number belongs to one account at a time. Asking for a code looks the same whether it is free or another person's;
//! whoever then types the right code for one that is another's is told that it is taken, and nothing changes: a stranger's
//! act takes nothing from an account, and who held a number before learns nothing about who holds it now.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod number;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;

#[cfg(feature = "ssr")]
pub use error::PhoneError;
#[cfg(feature = "ssr")]
pub use number::mask as masked_number;
pub use page::PhoneSetting;
#[cfg(feature = "ssr")]
pub use service::Phones;
