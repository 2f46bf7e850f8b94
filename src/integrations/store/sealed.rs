//! What is kept sealed, and what it is bound to.

use crate::platform::crypto::SealedColumn;

const fn connections(column: &'static str) -> SealedColumn {
    SealedColumn { table: "connections", column, owner: "t.user_id", provider: "t.provider" }
}

const fn own_apps(column: &'static str) -> SealedColumn {
    SealedColumn { table: "own_apps", column, owner: "t.user_id", provider: "t.provider" }
}

/// The sealed columns of connections, and of what leads to them and ends them.
pub const SEALED: &[SealedColumn] = &[
    connections("sealed_access_token"),
    connections("sealed_refresh_token"),
    connections("sealed_fields"),
    SealedColumn { table: "connection_flows", column: "sealed_verifier", owner: "t.user_id", provider: "t.provider" },
    SealedColumn { table: "connection_choices", column: "sealed_content", owner: "t.user_id", provider: "t.provider" },
    SealedColumn { table: "revocations", column: "sealed_tokens", owner: "t.user_id", provider: "t.provider" },
    // Nobody's yet: the front end brings its person later.
    SealedColumn { table: "broker_visits", column: "sealed_verifier", owner: "null", provider: "t.provider" },
    SealedColumn { table: "broker_codes", column: "sealed_grant", owner: "null", provider: "t.provider" },
    SealedColumn { table: "webhook_endpoints", column: "sealed_secret", owner: "t.user_id", provider: "''" },
    SealedColumn { table: "webhook_endpoints", column: "sealed_previous_secret", owner: "t.user_id", provider: "''" },
    SealedColumn { table: "approvals", column: "sealed_arguments", owner: "t.user_id", provider: "''" },
    SealedColumn { table: "approvals", column: "sealed_before", owner: "t.user_id", provider: "''" },
    SealedColumn { table: "executions", column: "sealed_outcome", owner: "t.user_id", provider: "''" },
];

/// Clients that people have registered themselves are sealed with a key of their own.
pub const SEALED_OWN_APPS: &[SealedColumn] = &[own_apps("sealed_client_id"), own_apps("sealed_secret")];
