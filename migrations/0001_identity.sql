-- People, how they prove who they are, and the browsers they are signed in with.
create extension if not exists citext;

create table users (
    id uuid primary key,
    -- What the shell shows; starts as the part of the address before the @.
    display_name text not null check (char_length(display_name) between 1 and 100),
    -- IANA name taken from the browser at sign-in; «today» in an answer means today there.
    time_zone text not null default 'UTC',
    created_at timestamptz not null
);

-- Addresses a person has proved to own. One address belongs to one person.
create table user_emails (
    email citext constraint user_emails_pkey primary key,
    user_id uuid not null references users (id) on delete cascade,
    verified_at timestamptz not null
);
create index user_emails_user on user_emails (user_id);

-- One attempt to sign in by mail: the code and the link belong to it and to the browser that began it.
create table sign_in_ceremonies (
    id uuid primary key,
    -- SHA-256 of the secret in the browser's cookie.
    browser_hash bytea not null,
    email citext not null,
    -- HMAC of ceremony and code, and SHA-256 of the link's secret: neither can be read back.
    code_mac bytea not null,
    link_hash bytea not null unique,
    next_path text not null,
    time_zone text not null,
    tries smallint not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    consumed_at timestamptz
);
create index sign_in_ceremonies_browser on sign_in_ceremonies (browser_hash);
create index sign_in_ceremonies_expiry on sign_in_ceremonies (expires_at);

create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- SHA-256 of the secret in the cookie; the secret itself is nowhere on the server.
    secret_hash bytea not null unique,
    method text not null check (method in ('email_code', 'email_link')),
    user_agent text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index sessions_user on sessions (user_id) where ended_at is null;

-- What happened to accounts: appended, never changed. The subject is a pseudonym that outlives the account.
create table audit_events (
    id uuid primary key,
    subject text not null,
    kind text not null,
    detail jsonb not null default '{}',
    request_id text,
    created_at timestamptz not null
);
create index audit_events_subject on audit_events (subject, created_at);
