-- What the JSON API remembers of itself: requests that may arrive twice, and the keys that people give to programs.

create table idempotency_keys (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- As the program chose it.
    key text not null,
    -- SHA-256 of method, address and body: the same key means the same request.
    request_hash bytea not null,
    -- The answer, sealed: it may hold what is shown once. Null while the work is under way.
    sealed_answer text,
    created_at timestamptz not null,
    constraint idempotency_keys_key unique (user_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table api_keys (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null check (char_length(name) between 1 and 100),
    -- Its first characters, by which its owner knows it.
    prefix text not null,
    -- SHA-256 of the key; the key itself is nowhere on the server.
    key_hash bytea not null constraint api_keys_hash_key unique,
    scopes text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    ended_at timestamptz
);
create index api_keys_user on api_keys (user_id, id) where ended_at is null;
