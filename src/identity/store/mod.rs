//! The rows of people, their sign-ins and their sessions.

mod ceremonies;
mod identities;
mod sessions;
pub mod system;
mod users;

pub use ceremonies::{
    Ceremony, NewCeremony, ceremony_by_link_secret, ceremony_by_secret, consume_ceremony, count_try, insert_ceremony,
};
pub use identities::{NewIdentity, insert_identity, user_by_identity};
pub use sessions::{NewSession, end_all_sessions, end_session, insert_session, note_use, renew_session, session_by_secret};
pub use users::{
    email_of, insert_email, insert_user, knows_browser, lock_key, note_sign_in, set_time_zone, user_by_email,
};
