-- Accounts at outside services that people have connected, and the decisions about writes through them.

-- A visit to a service's consent page that has not come back yet. Consumed by deleting it.
create table connection_flows (
    -- SHA-256 of the state parameter.
    state_hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    session_id uuid not null references sessions (id) on delete cascade,
    provider text not null,
    purpose text not null check (purpose in ('connect')),
    redirect_uri text not null,
    -- PKCE verifier, sealed; null where the service takes none.
    sealed_verifier text,
    -- The id by which the verifier is sealed.
    id uuid not null unique,
    scopes text[] not null,
    -- SHA-256 of the client id the flow began with: it must still be ours when it comes back.
    client_fingerprint bytea not null,
    next_path text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index connection_flows_expiry on connection_flows (expires_at);

create table connections (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    -- The service's own id for the account, and the name people know it by.
    account_id text not null,
    account_label text not null,
    state text not null check (state in ('active', 'partial', 'needs_reauth')),
    -- Why a sign-in is needed again, in our words: revoked, refresh_expired, lost_rotation, …
    reason text,
    scopes text[] not null,
    -- Sealed with table, column, row, owner and provider as associated data.
    sealed_access_token text not null,
    sealed_refresh_token text,
    access_expires_at timestamptz,
    client_fingerprint bytea,
    -- The service was seen to hand out a new refresh token.
    rotation_observed boolean not null default false,
    -- Optimistic version of the tokens and the lease under which one caller renews them.
    version bigint not null default 0,
    lease_owner uuid,
    lease_until timestamptz,
    fence bigint not null default 0,
    -- Set just before the exchange is sent: after a crash it tells that the refresh token may be spent.
    exchange_started_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint connections_account_key unique (user_id, provider, account_id)
);

-- Appended: what happened to a connection and when.
create table connection_events (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    connection_id uuid,
    provider text not null,
    kind text not null,
    detail text,
    created_at timestamptz not null
);
create index connection_events_user on connection_events (user_id, created_at);

-- A person's yes or no to one exact call. A write runs only by consuming an approved row.
create table approvals (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    connection_id uuid not null references connections (id) on delete cascade,
    tool text not null,
    sealed_arguments text not null,
    -- SHA-256 of tool, connection and arguments: what was approved is what runs.
    call_hash bytea not null,
    state text not null default 'waiting' check (state in ('waiting', 'approved', 'denied', 'consumed')),
    created_at timestamptz not null,
    decided_at timestamptz,
    consumed_at timestamptz,
    expires_at timestamptz not null
);
create index approvals_user on approvals (user_id) where state = 'waiting';
