-- What is read from accounts of music services, and when. Adds only.

-- One line of calls to a service for all processes: when the next place in it is, and until when nobody may call.
create table music_paces (
    service text primary key,
    free_at timestamptz not null,
    held_until timestamptz
);

-- An app at a service that was told to wait: this installation's, or a person's own. Nobody else's app waits with it.
create table music_cooldowns (
    app text primary key,
    until timestamptz not null,
    code text not null
);

-- How far a source is read.
create table music_syncs (
    source_id uuid primary key references music_sources (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    -- Up to where plays are known, in the service's own words; empty: none are.
    cursor text not null default '',
    -- The stretch that is being read page by page, so that another process can go on; null: none is.
    stretch_from timestamptz,
    stretch_to timestamptz,
    page integer check (page > 0),
    pages integer,
    next_at timestamptz not null,
    -- Who reads it has it until then.
    leased_until timestamptz,
    tried_at timestamptz,
    synced_at timestamptz,
    failures integer not null default 0,
    -- Why the last try did not end well, as a code.
    problem text
);
create index music_syncs_due on music_syncs (next_at);
create index music_syncs_user on music_syncs (user_id);

-- What a service says of the account.
create table music_accounts (
    source_id uuid primary key references music_sources (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    plays bigint,
    country text,
    registered_at timestamptz,
    url text,
    image_url text,
    read_at timestamptz not null
);
create index music_accounts_user on music_accounts (user_id);

-- What was played most, as the service itself counts it.
create table music_top_lists (
    source_id uuid not null references music_sources (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    subject text not null check (subject in ('artist', 'album', 'track')),
    period text not null,
    read_at timestamptz not null,
    primary key (source_id, subject, period)
);
create index music_top_lists_user on music_top_lists (user_id);
create table music_top_entries (
    source_id uuid not null,
    user_id uuid not null references users (id) on delete cascade,
    subject text not null,
    period text not null,
    rank integer not null check (rank > 0),
    name text not null,
    -- Of albums and tracks.
    artist text,
    album text,
    -- Null: the service tells the order alone.
    plays bigint,
    duration_ms integer,
    source_key text,
    url text,
    image_url text,
    primary key (source_id, subject, period, rank),
    foreign key (source_id, subject, period) references music_top_lists (source_id, subject, period) on delete cascade
);
create index music_top_entries_user on music_top_entries (user_id);
