-- What the platform itself keeps: mail on its way out, and the windows of the limits.
create table mails (
    id uuid primary key,
    recipient citext not null,
    template text not null,
    -- Subject and both bodies, sealed: they hold codes and links. Emptied once sent.
    sealed_content text,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
    tries smallint not null default 0,
    created_at timestamptz not null,
    settled_at timestamptz
);
create index mails_waiting on mails (created_at) where state = 'waiting';

-- The exact moments of the latest hits of one key in one bucket: a sliding window without rounding.
create unlogged table limit_windows (
    bucket text not null,
    -- SHA-256 of the key, so that no address or mailbox stands here.
    key_hash bytea not null,
    hits timestamptz[] not null,
    -- When the newest hit has left the window and the row is worth nothing.
    stale_at timestamptz not null,
    primary key (bucket, key_hash)
);
create index limit_windows_stale on limit_windows (stale_at);

-- One row that every start opens, so that a wrong or missing sealing key is noticed before any request.
create table sealing_canary (
    id uuid primary key,
    sealed text not null,
    created_at timestamptz not null
);
