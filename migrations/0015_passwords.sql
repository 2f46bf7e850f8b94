-- Passwords, and codes that programs ask for. Adds only; servers of the version before ignore it.

-- Beside the ways in that exist already; most people have none.
create table passwords (
    user_id uuid primary key references users (id) on delete cascade,
    -- PHC string (Argon2id), which says its own parameters.
    hash text not null,
    changed_at timestamptz not null
);

-- An address or number that has to be proved by a code or link, asked for by a program. Those of browsers, and of people
-- who are signed in and prove an address, are in `sign_in_ceremonies`.
create table user_verifications (
    id uuid primary key,
    purpose text not null check (purpose in ('register', 'sign_in', 'recover', 'phone')),
    -- Who asked and in which session, where they were signed in.
    user_id uuid references users (id) on delete cascade,
    session_id uuid references sessions (id) on delete cascade,
    -- The address or number that the code went to.
    target citext not null,
    -- HMAC of this row's id and the code, and SHA-256 of the link's secret: neither can be read back.
    code_mac bytea not null,
    link_hash bytea constraint user_verifications_link_key unique,
    -- What waits for the proof; sealed.
    sealed_payload text,
    tries smallint not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    consumed_at timestamptz,
    constraint user_verifications_owner check ((purpose = 'phone') = (user_id is not null))
);
create index user_verifications_user on user_verifications (user_id) where user_id is not null;
create index user_verifications_session on user_verifications (session_id) where session_id is not null;
create index user_verifications_target on user_verifications (target);
create index user_verifications_expiry on user_verifications (expires_at);
