//! The tables of this feature. Every function takes the owner's id and puts it into the statement; what comes back by
//! the hash of an unguessable secret says `by_secret`; what has no owner is in `system`.

mod approvals;
mod choices;
mod connections;
mod events;
mod flows;
mod health;
mod lease;
mod revocations;
mod sealed;
pub mod system;

pub use approvals::{consume_approval, decide_approval, insert_approval};
pub use choices::{NewChoice, choice, insert_choice, take_choice};
pub use connections::{
    ConnectionRow, NewConnection, connection, connection_of_account, connections, delete_connection, mark_used,
    needs_reauth, replace_account, upsert_connection,
};
pub use events::{EventRow, NewEvent, events, last_use, record};
pub use flows::{FlowRow, NewFlow, Return, consume_flow_by_secret, insert_flow};
pub use health::{HealthRow, health, let_models_see, remind_once, seen_anew};
pub use lease::{Lease, Renewed, failures, give_up, plan, postpone, save, take};
pub use revocations::{NewRevocation, delete_revocation, insert_revocation, postpone_revocation};
pub use sealed::{SEALED, SEALED_OWN_APPS};
