-- The token broker: pages of a front end of its own let a person sign in at a service, and get tokens of ours for it.

-- A visit to a consent page that a front end has begun. Consumed by deleting it.
create table broker_visits (
    id uuid primary key,
    -- SHA-256 of the state that the service sends back.
    state_hash bytea not null unique,
    provider text not null,
    redirect_uri text not null,
    -- Our own PKCE verifier towards the service, sealed; null where the service takes none.
    sealed_verifier text,
    scopes text[] not null,
    client_fingerprint bytea not null,
    -- What the front end sent: its PKCE challenge, whose verifier redeems the code, and its own state.
    front_challenge text not null,
    front_state text not null,
    -- Whose connection it will be; null: that of whoever the account belongs to.
    user_id uuid references users (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index broker_visits_expiry on broker_visits (expires_at);

-- A consent that waits for its front end to bring the one-time code and the verifier. Consumed by deleting it.
create table broker_codes (
    id uuid primary key,
    -- SHA-256 of the code.
    code_hash bytea not null unique,
    provider text not null,
    front_challenge text not null,
    user_id uuid references users (id) on delete cascade,
    -- The account and its tokens.
    sealed_grant text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index broker_codes_expiry on broker_codes (expires_at);

-- People who let their own browser have access tokens of a service.
create table broker_direct (
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    allowed_at timestamptz not null,
    primary key (user_id, provider)
);
