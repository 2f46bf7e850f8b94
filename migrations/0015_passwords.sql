-- Passwords, and codes that programs ask for. Adds only; servers of the version before ignore it.

-- Beside the ways in that exist already; most people have none.
create table passwords (
    user_id uuid primary key references users (id) on delete cascade,
    -- PHC string (Argon2id), which says its own parameters.
    hash text not null,
    changed_at timestamptz not null
);

-- An address or number that somebody has to prove by a code or link, asked for by a program. The browser's own are in
-- `sign_in_ceremonies`.
create table user_verifications (
    id uuid primary key,
    purpose text not null
        check (purpose in ('register', 'sign_in', 'recover', 'prove', 'change_email', 'phone')),
    -- Who asked, where they were signed in, and in which session.
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
    constraint user_verifications_owner
        check ((purpose in ('prove', 'change_email', 'phone')) = (user_id is not null))
);
create index user_verifications_user on user_verifications (user_id) where user_id is not null;
create index user_verifications_session on user_verifications (session_id) where session_id is not null;
create index user_verifications_target on user_verifications (target);
create index user_verifications_expiry on user_verifications (expires_at);
