-- Files that people keep. Adds only.

create table files (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- Where it lies within its folder of the file store: a part that is made here, a slash, and a plain form of its name.
    key text not null constraint files_key_key unique check (key ~ '^[0-9a-f]{32}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
    -- As its owner sees it.
    name text not null check (length(name) between 1 and 200),
    media_type text not null,
    -- In bytes; while it arrives, what is set aside for it.
    size bigint not null check (size >= 0),
    -- SHA-256 of its content.
    digest bytea check (length(digest) = 32),
    created_at timestamptz not null,
    -- When all of it was there. Until then nobody is shown it.
    arrived_at timestamptz,
    check ((arrived_at is null) = (digest is null))
);
create index files_user on files (user_id, id desc);
create index files_arriving on files (created_at) where arrived_at is null;
