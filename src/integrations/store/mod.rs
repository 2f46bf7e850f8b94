//! The tables of this feature. Every function takes the owner's id and puts it into the statement; what comes back by
//! the hash of an unguessable secret says `by_secret`; what has no owner is in `system`.

mod approvals;
mod connections;
mod events;
mod flows;
mod lease;
pub mod system;

pub use approvals::{consume_approval, decide_approval, insert_approval};
pub use connections::{
    ConnectionRow, NewConnection, connection, connection_of_account, connections, delete_connection, mark_used,
    needs_reauth, upsert_connection,
};
pub use events::{NewEvent, record};
pub use flows::{FlowRow, NewFlow, Return, consume_flow_by_secret, insert_flow};
pub use lease::{Lease, Renewed, give_up, release, save, take};
