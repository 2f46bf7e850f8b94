//! The tables of this feature. Every function takes the owner's id and puts it into the statement; what comes back by
//! the hash of an unguessable secret says `by_secret`; what has no owner is in `system`.

mod agreements;
mod approvals;
mod calls;
mod choices;
mod connections;
mod events;
mod flows;
mod health;
mod lease;
mod revocations;
mod sealed;
mod standing;
pub mod system;
mod undo;

pub use agreements::{AgreementRow, NewAgreement, agree, agreements, let_models_ask};
pub use approvals::{
    NewApproval, ProposalRow, approve_by_standing, approve_edited, consume_approval, decide_approval, delete_approvals,
    insert_approval, note_outcome, open_proposals, proposals, tool_of,
};
pub use calls::{
    CallRow, Ended, NewCall, Wanted, begin_call, called_services, calls, end_call, forget_arguments, note_decided,
};
pub use choices::{NewChoice, choice, insert_choice, take_choice};
pub use connections::{
    ConnectionRow, NewConnection, connection, connection_of_account, connections, delete_connection, lock_number,
    mark_used, needs_reauth, number, replace_account, upsert_connection,
};
pub use events::{EventRow, NewEvent, events, last_use, record};
pub use flows::{FlowRow, NewFlow, Return, consume_flow_by_secret, insert_flow};
pub use health::{HealthRow, all_health, health, remind_once, seen_anew};
pub use lease::{Lease, Renewed, failures, give_up, plan, postpone, save, take};
pub use revocations::{NewRevocation, delete_revocation, insert_revocation, postpone_revocation};
pub use sealed::{SEALED, SEALED_OWN_APPS};
pub use standing::{StandingRow, stand_by, stand_no_more, standing};
pub use undo::{NewUndo, insert_undo, undoing};
