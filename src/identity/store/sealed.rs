//! What is kept sealed, and what it is bound to.

use crate::platform::crypto::SealedColumn;

/// The sealed columns of people, their devices and their ceremonies.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "devices", column: "sealed_push_token", owner: "t.user_id", provider: "''" },
    SealedColumn { table: "refresh_tokens", column: "sealed_successor", owner: "t.user_id", provider: "''" },
    // Who registers has no id yet: the row's own stands for it.
    SealedColumn {
        table: "user_verifications",
        column: "sealed_payload",
        owner: "case when t.purpose = 'register' then t.id end",
        provider: "''",
    },
];
