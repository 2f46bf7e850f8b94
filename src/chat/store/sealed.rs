//! What is kept sealed, and what it is bound to.

use crate::platform::crypto::SealedColumn;

/// What a waiting run has so far; and what tools have read, which is bound to the service that the run's card names.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn {
        table: "tool_results",
        column: "sealed_result",
        owner: "t.user_id",
        provider: "(select event.payload ->> 'service' from run_events event
         where event.run_id = t.run_id and event.kind = 'tool_finished' and event.payload ->> 'call_id' = t.call_id
         limit 1)",
    },
    SealedColumn { table: "held_answers", column: "sealed_turn", owner: "t.user_id", provider: "''" },
    SealedColumn { table: "run_waits", column: "sealed_turn", owner: "t.user_id", provider: "''" },
];
