//! What has no owner: called by this feature's jobs and for operators only.

mod executions;
mod faults;
mod polls;
mod purges;
mod reminders;
mod renewals;
mod revocations;

pub use executions::{give_up_calls, give_up_executions};
pub use faults::{faults, note_fault, resume, settle_fault};
pub use polls::{DuePoll, claim_polls, plan_polls, settle_poll};
pub use purges::{purge_calls, purge_choices, purge_events, purge_flows, purge_revocations};
pub use reminders::{EndingRow, ending};
pub use renewals::{DueRenewal, claim_renewals, unplanned};
pub use revocations::claim_revocations;
