-- The account API: what programs sign in with. Adds only; servers of the version before ignore it.

create table devices (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null check (char_length(name) between 1 and 100),
    platform text not null check (platform in ('ios', 'android', 'macos', 'windows', 'linux', 'web', 'other')),
    -- Of the app that runs there, as it last said.
    app_version text,
    -- Where the platform's own service takes messages for it; sealed.
    sealed_push_token text,
    created_at timestamptz not null,
    last_used_at timestamptz not null
);
create index devices_user on devices (user_id, id);

alter table sessions
    -- A program shows a signed token in place of the cookie's secret.
    alter column secret_hash drop not null,
    add column kind text not null default 'browser' check (kind in ('browser', 'api')),
    add column device_id uuid references devices (id) on delete set null,
    add constraint sessions_secret check ((kind = 'browser') = (secret_hash is not null));
create index sessions_device on sessions (device_id) where device_id is not null;

create table refresh_tokens (
    id uuid primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    -- SHA-256 of the token; the token itself is nowhere on the server.
    token_hash bytea not null constraint refresh_tokens_hash_key unique,
    parent_id uuid references refresh_tokens (id) on delete cascade,
    created_at timestamptz not null,
    -- The same for all tokens of a session: renewing does not move it.
    expires_at timestamptz not null,
    rotated_at timestamptz,
    -- The token that took its place, sealed, for an answer that got lost; emptied soon after.
    sealed_successor text
);
create index refresh_tokens_session on refresh_tokens (session_id);
create index refresh_tokens_user on refresh_tokens (user_id);
create index refresh_tokens_parent on refresh_tokens (parent_id) where parent_id is not null;
create index refresh_tokens_expiry on refresh_tokens (expires_at);
create index refresh_tokens_sealed on refresh_tokens (rotated_at) where sealed_successor is not null;
