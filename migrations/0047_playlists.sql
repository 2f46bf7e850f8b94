-- Playlists that people make, and their way to a music service. Adds only.

create table music_playlists (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 300),
    -- Where its lines came from, in words.
    origin text not null,
    created_at timestamptz not null
);
create index music_playlists_user on music_playlists (user_id, id);

-- A line of a playlist; the same track may stand in several.
create table music_playlist_lines (
    playlist_id uuid not null references music_playlists (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    place integer not null check (place >= 0),
    title text not null,
    artists text[] not null,
    album text,
    duration_ms integer check (duration_ms > 0),
    isrc text,
    -- Which kind of source told of it: `lastfm`, `spotify`, `typed`, `file`, …
    source text not null,
    primary key (playlist_id, place)
);
create index music_playlist_lines_user on music_playlist_lines (user_id);

-- A playlist on its way to an account. What the service told goes with the connection.
create table music_exports (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    playlist_id uuid not null references music_playlists (id) on delete cascade,
    connection_id uuid not null references connections (id) on delete cascade,
    public boolean not null,
    state text not null check (state in ('waiting', 'running', 'done', 'stopped', 'undoing', 'undone')),
    -- Why it waits or stopped, as a code.
    problem text,
    -- Who works on it has it until then; whoever takes it counts on, and an older one writes nothing any more.
    leased_until timestamptz,
    turn integer not null default 0,
    next_at timestamptz not null,
    failures integer not null default 0,
    created_at timestamptz not null,
    ended_at timestamptz
);
create index music_exports_user on music_exports (user_id, id);
create index music_exports_playlist on music_exports (playlist_id);
create index music_exports_connection on music_exports (connection_id);
create index music_exports_due on music_exports (next_at) where state in ('waiting', 'running', 'undoing');

-- What became of each line of the playlist.
create table music_export_lines (
    export_id uuid not null references music_exports (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    place integer not null check (place >= 0),
    state text not null default 'pending'
        check (state in ('pending', 'matched', 'ambiguous', 'not_found', 'not_allowed', 'failed_retryable')),
    -- By which the service knows it.
    uri text,
    -- `[{"uri", "title", "artists", "album", "duration_ms"}, …]`: what a person may choose from.
    choices jsonb not null default '[]',
    tries integer not null default 0,
    -- Whether it stands in the account's playlist.
    written boolean not null default false,
    primary key (export_id, place)
);
create index music_export_lines_user on music_export_lines (user_id);

-- A playlist in the account: one, or several where there are more lines than one may have.
create table music_export_parts (
    export_id uuid not null references music_exports (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    number integer not null check (number > 0),
    remote_id text,
    url text,
    snapshot text,
    -- What was begun and not yet known to be done: that it is made; the lines that are added, from which place of the
    -- account's playlist on. After a crash the account is read to find out.
    making boolean not null default false,
    adding integer[],
    adding_at integer,
    -- `{"missing", "extra", "moved"}`, from reading it back; null: it was not read yet.
    differences jsonb,
    removed boolean not null default false,
    primary key (export_id, number)
);
create index music_export_parts_user on music_export_parts (user_id);
