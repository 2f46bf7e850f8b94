-- What people listened to. Adds only.

-- Where somebody's plays come from: an account that is read, or files that they brought.
create table music_sources (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    kind text not null check (kind in ('lastfm', 'spotify', 'spotify_file', 'lastfm_file', 'listenbrainz_file')),
    -- Whose access is used; null: none is needed.
    connection_id uuid constraint music_sources_connection unique references connections (id) on delete cascade,
    -- The account's name at the service; of files, what they say themselves, or nothing.
    account text not null default '' check (length(account) <= 200),
    -- When its owner showed that the account is theirs; null: so far anybody may have typed the name.
    verified_at timestamptz,
    created_at timestamptz not null,
    constraint music_sources_account unique (user_id, kind, account)
);

-- Names, as their first source wrote them; `key` is how they are told from others (case, width and spaces do not count).
create table music_artists (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    key text not null,
    name text not null,
    constraint music_artists_key unique (user_id, key)
);
create table music_albums (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    artist_id uuid not null references music_artists (id) on delete cascade,
    key text not null,
    title text not null,
    -- Null: not known.
    released smallint check (released between 1000 and 9999),
    constraint music_albums_key unique (artist_id, key)
);
create index music_albums_user on music_albums (user_id);
create table music_tracks (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    artist_id uuid not null references music_artists (id) on delete cascade,
    album_id uuid references music_albums (id) on delete set null,
    key text not null,
    title text not null,
    -- Under which different sources mean the same recording: the first artist, and the title without what is appended.
    match_key text not null,
    duration_ms integer check (duration_ms > 0),
    isrc text check (isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$'),
    constraint music_tracks_key unique (artist_id, key)
);
create index music_tracks_user on music_tracks (user_id, match_key);
create index music_tracks_album on music_tracks (album_id) where album_id is not null;

-- What a source calls them.
create table music_names (
    source_id uuid not null references music_sources (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    subject text not null check (subject in ('artist', 'album', 'track')),
    subject_id uuid not null,
    source_key text not null check (length(source_key) between 1 and 500),
    url text,
    image_url text,
    primary key (source_id, subject, subject_id)
);
create index music_names_user on music_names (user_id, subject, subject_id);

-- One row for each time something was played, however many sources tell of it.
create table music_plays (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    track_id uuid not null references music_tracks (id) on delete cascade,
    started_at timestamptz not null,
    -- For how long; null: no source says.
    milliseconds integer check (milliseconds >= 0)
);
create index music_plays_moment on music_plays (user_id, started_at) include (track_id, milliseconds);
create index music_plays_track on music_plays (track_id, started_at) include (user_id, milliseconds);

-- Which source told of which play, and when it says that it was. The same thing told again is the same row.
create table music_sightings (
    source_id uuid not null references music_sources (id) on delete cascade,
    track_id uuid not null references music_tracks (id) on delete cascade,
    at timestamptz not null,
    user_id uuid not null references users (id) on delete cascade,
    play_id uuid not null references music_plays (id) on delete cascade,
    primary key (source_id, at, track_id)
);
create index music_sightings_play on music_sightings (play_id);
create index music_sightings_user on music_sightings (user_id);
create index music_sightings_track on music_sightings (track_id);

-- Plays of each quarter of an hour, since every time zone begins its days and hours on one.
create table music_quarters (
    user_id uuid not null references users (id) on delete cascade,
    -- Counted from 1970 on in UTC: 0 is its first quarter of an hour. Numbers make local hours by addition.
    quarter integer not null,
    plays integer not null check (plays > 0),
    milliseconds bigint not null,
    -- The first beginning, and the last end that is known.
    first_at timestamptz not null,
    ended_at timestamptz not null,
    primary key (user_id, quarter)
);

-- Plays of a track in each month of UTC. What of a period is not whole months is counted by the plays themselves.
create table music_track_months (
    user_id uuid not null references users (id) on delete cascade,
    month date not null,
    track_id uuid not null references music_tracks (id) on delete cascade,
    plays integer not null check (plays > 0),
    milliseconds bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (user_id, month, track_id)
);
create index music_track_months_track on music_track_months (track_id);

-- The same of all time.
create table music_track_totals (
    user_id uuid not null references users (id) on delete cascade,
    track_id uuid not null references music_tracks (id) on delete cascade,
    plays integer not null check (plays > 0),
    milliseconds bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (user_id, track_id)
);
create index music_track_totals_track on music_track_totals (track_id);

-- Counts the quarters, months and totals anew that a statement touched, so that they are right whatever was written, by whom and
-- how often. Whoever writes plays of a person holds that person's lock, so that no two count at once.
create function music_count(users uuid[], tracks uuid[], moments timestamptz[]) returns void language plpgsql as $$
begin
    with touched as (
        select distinct user_id, floor(extract(epoch from at) / 900)::int as quarter
        from unnest(users, moments) as t (user_id, at)
    ), counted as (
        select t.user_id, t.quarter, count(p.id)::int as plays, coalesce(sum(p.milliseconds), 0)::bigint as milliseconds,
               min(p.started_at) as first_at,
               max(p.started_at + coalesce(p.milliseconds, 0) * interval '1 millisecond') as ended_at
        from touched t
        left join music_plays p on p.user_id = t.user_id
            and p.started_at >= to_timestamp(t.quarter * 900.0)
            and p.started_at < to_timestamp((t.quarter + 1) * 900.0)
        group by t.user_id, t.quarter
    ), gone as (
        delete from music_quarters q using counted c
        where c.plays = 0 and q.user_id = c.user_id and q.quarter = c.quarter
    )
    insert into music_quarters as q (user_id, quarter, plays, milliseconds, first_at, ended_at)
    select user_id, quarter, plays, milliseconds, first_at, ended_at from counted where plays > 0
    on conflict (user_id, quarter) do update set
        plays = excluded.plays, milliseconds = excluded.milliseconds,
        first_at = excluded.first_at, ended_at = excluded.ended_at;

    with touched as (
        select distinct user_id, track_id, date_trunc('month', at, 'UTC') as month
        from unnest(users, tracks, moments) as t (user_id, track_id, at)
    ), counted as (
        select t.user_id, t.track_id, (t.month at time zone 'UTC')::date as month, count(p.id)::int as plays,
               coalesce(sum(p.milliseconds), 0)::bigint as milliseconds,
               min(p.started_at) as first_at, max(p.started_at) as last_at
        from touched t
        left join music_plays p on p.track_id = t.track_id
            and p.started_at >= t.month and p.started_at < t.month + interval '1 month' and p.user_id = t.user_id
        group by t.user_id, t.track_id, t.month
    ), gone as (
        delete from music_track_months m using counted c
        where c.plays = 0 and m.user_id = c.user_id and m.month = c.month and m.track_id = c.track_id
    )
    insert into music_track_months as m (user_id, month, track_id, plays, milliseconds, first_at, last_at)
    select user_id, month, track_id, plays, milliseconds, first_at, last_at from counted where plays > 0
    on conflict (user_id, month, track_id) do update set
        plays = excluded.plays, milliseconds = excluded.milliseconds,
        first_at = excluded.first_at, last_at = excluded.last_at;

    with touched as (
        select distinct user_id, track_id from unnest(users, tracks) as t (user_id, track_id)
    ), counted as (
        select t.user_id, t.track_id, coalesce(sum(m.plays), 0)::int as plays,
               coalesce(sum(m.milliseconds), 0)::bigint as milliseconds,
               min(m.first_at) as first_at, max(m.last_at) as last_at
        from touched t
        left join music_track_months m on m.track_id = t.track_id and m.user_id = t.user_id
        group by t.user_id, t.track_id
    ), gone as (
        delete from music_track_totals a using counted c
        where c.plays = 0 and a.user_id = c.user_id and a.track_id = c.track_id
    )
    insert into music_track_totals as a (user_id, track_id, plays, milliseconds, first_at, last_at)
    select user_id, track_id, plays, milliseconds, first_at, last_at from counted where plays > 0
    on conflict (user_id, track_id) do update set
        plays = excluded.plays, milliseconds = excluded.milliseconds,
        first_at = excluded.first_at, last_at = excluded.last_at;
end $$;

create function music_plays_written() returns trigger language plpgsql as $$
begin
    perform music_count(array_agg(user_id), array_agg(track_id), array_agg(started_at)) from new_plays having count(*) > 0;
    return null;
end $$;
create function music_plays_removed() returns trigger language plpgsql as $$
begin
    perform music_count(array_agg(user_id), array_agg(track_id), array_agg(started_at)) from old_plays having count(*) > 0;
    return null;
end $$;
create function music_plays_changed() returns trigger language plpgsql as $$
begin
    perform music_count(array_agg(user_id), array_agg(track_id), array_agg(started_at))
    from (select * from new_plays union all select * from old_plays) as both_plays having count(*) > 0;
    return null;
end $$;
create trigger music_plays_written after insert on music_plays
    referencing new table as new_plays for each statement execute function music_plays_written();
create trigger music_plays_removed after delete on music_plays
    referencing old table as old_plays for each statement execute function music_plays_removed();
create trigger music_plays_changed after update on music_plays
    referencing old table as old_plays new table as new_plays for each statement execute function music_plays_changed();

-- A play that no source tells of any more is gone.
create function music_sightings_removed() returns trigger language plpgsql as $$
begin
    delete from music_plays p using (select distinct play_id from old_sightings) as gone
    where p.id = gone.play_id and not exists (select from music_sightings s where s.play_id = p.id);
    return null;
end $$;
create trigger music_sightings_removed after delete on music_sightings
    referencing old table as old_sightings for each statement execute function music_sightings_removed();
