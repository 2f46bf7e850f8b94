//! The rows of people, their sign-ins and their sessions.

mod ceremonies;
mod email_changes;
mod handles;
mod identities;
mod leaving;
mod mailbox_recoveries;
mod passwords;
mod pending_links;
mod people;
mod program_devices;
mod programs;
mod renewal;
mod sealed;
mod sessions;
pub mod system;
mod users;
mod verifications;
mod wallet;

pub use ceremonies::{
    Ceremony, NewCeremony, Purpose, ceremony_by_link_secret, ceremony_by_secret, consume_ceremony, count_try,
    forget_pending, give_ceremony, insert_ceremony, own_ceremony,
};
pub use email_changes::{
    NewEmailChange, email_change_by_secret, email_held_for, insert_email_change, note_undone, remove_ways_since,
    set_email,
};
pub use handles::{
    HandleOwner, count_handles, handle_of, holder_of_handle, insert_handle, lay_down_handle, owner_of_handle,
    take_up_handle,
};
pub use identities::{
    NewIdentity, count_ways, delete_identity, identities, insert_identity, lock_person, owner_of_identity,
    providers_of, user_by_identity,
};
pub use leaving::{erase, leaves_at, set_leaving, stay};
pub use mailbox_recoveries::{
    NewMailboxRecovery, insert_recovery, recovery_by_secret, stop_recoveries, waiting_recovery,
};
pub use passwords::{
    delete_password, password_by_email, password_changed_at, password_of, rehash_password, set_password,
};
pub use pending_links::{NewPendingLink, insert_pending_link, pending_link_by_secret, take_pending_link_by_secret};
pub use people::{PersonRow, lock_profile, person};
pub use program_devices::{
    ProgramDeviceRow, change_device, count_devices, delete_device, devices_of, end_sessions_of_device, lock_device,
    own_device, set_session_device, unused_longest,
};
pub use programs::{
    NewDevice, NewProgramSession, NewRefreshToken, insert_device, insert_program_session, insert_refresh_token,
    note_device, program_session, role_of,
};
pub use renewal::{RefreshTokenRow, note_rotated, refresh_token_by_secret, renewals_since, successor_is_unused};
pub use sealed::SEALED;
pub use sessions::{
    DeviceRow, NewSession, SessionListRow, browsers_of, end_all_sessions, end_other_sessions, end_session,
    end_sessions_of_method, insert_session, lives, living_sessions, note_proof, note_use, renew_session,
    session_by_secret, sessions_page,
};
pub use users::{
    SignIn, display_name_of, email_of, insert_email, insert_user, lock_key, note_sign_in, set_time_zone, user_by_email,
};
pub use verifications::{
    NewVerification, Verification, VerificationPurpose, consume_verification_by_secret,
    count_verification_try_by_secret, end_verifications_by_secret, insert_verification, verification_by_link_secret,
    verification_by_secret,
};
pub use wallet::{NewWalletChallenge, put_wallet_challenge, take_wallet_challenge_by_secret};
