-- Files of plays that people bring, and what each sighting says of its moment. Adds only.

-- The two kinds of Spotify's files tell the same plays differently, so each is a source of its own.
alter table music_sources drop constraint music_sources_kind_check;
alter table music_sources add constraint music_sources_kind_check
    check (kind in ('lastfm', 'spotify', 'spotify_file', 'spotify_account_file', 'lastfm_file', 'listenbrainz_file'));

-- A file that waits, is read, or was read. What was read stays told here when the plays are taken back.
create table music_imports (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- Where it lies in the file store; null: it was removed after it was read.
    key text constraint music_imports_file unique,
    name text not null check (length(name) between 1 and 255),
    -- In bytes.
    size bigint not null check (size >= 0),
    state text not null check (state in ('waiting', 'reading', 'done', 'removing', 'removed')),
    -- Where reading goes on: which file within it, which row of that, and how many bytes of all were read for it.
    entry integer not null default 0,
    entry_row bigint not null default 0,
    bytes_read bigint not null default 0,
    -- What became of the rows.
    rows_read bigint not null default 0,
    added bigint not null default 0,
    known bigint not null default 0,
    merged bigint not null default 0,
    -- `{"too_short": 12, …}`: how many rows were left out, and why.
    skipped jsonb not null default '{}',
    -- `[{"file", "row", "reason"}, …]`: the first of those that could not be read.
    faults jsonb not null default '[]',
    -- Why reading ended before the end; empty: it did not.
    ended_early text not null default '',
    created_at timestamptz not null,
    -- When somebody last worked on it.
    beat_at timestamptz not null,
    ended_at timestamptz
);
create index music_imports_user on music_imports (user_id, id);
create index music_imports_open on music_imports (beat_at) where state in ('waiting', 'reading', 'removing');

-- Which import told it first (to take back what that brought), whether the source tells the beginning or the end, for how
-- long, and when it began by that.
alter table music_sightings
    add column import_id uuid references music_imports (id) on delete set null,
    add column told text not null default 'began' check (told in ('began', 'ended', 'around')),
    add column milliseconds integer check (milliseconds >= 0),
    add column began_at timestamptz;
update music_sightings set began_at = at where began_at is null;
alter table music_sightings alter column began_at set not null;
create index music_sightings_import on music_sightings (import_id) where import_id is not null;

-- What a play is by those who tell of it: it began when the surest says, and lasted as long as any says. The same whoever
-- told first, and after one of them is gone.
create function music_settle(settled uuid[]) returns void language sql as $$
    update music_plays p set started_at = s.began_at, milliseconds = s.milliseconds
    from (
        select play_id,
               (array_agg(began_at order by array_position(array['began', 'ended', 'around'], told), began_at))[1] as began_at,
               max(milliseconds) as milliseconds
        from music_sightings where play_id = any(settled)
        group by play_id
    ) s
    -- While a person is deleted with all they have, nothing is counted anew.
    where p.id = s.play_id and exists (select from users u where u.id = p.user_id)
        and (p.started_at, p.milliseconds) is distinct from (s.began_at, s.milliseconds)
$$;

create or replace function music_sightings_removed() returns trigger language plpgsql as $$
begin
    delete from music_plays p using (select distinct play_id from old_sightings) as gone
    where p.id = gone.play_id and not exists (select from music_sightings s where s.play_id = p.id);
    perform music_settle(array_agg(distinct play_id)) from old_sightings having count(*) > 0;
    return null;
end $$;

-- Names that no play has any more go with the source that brought them.
create function music_forget_names(users uuid[]) returns void language plpgsql as $$
begin
    delete from music_tracks t
    where t.user_id = any(users) and not exists (select from music_plays p where p.track_id = t.id);
    delete from music_albums a
    where a.user_id = any(users) and not exists (select from music_tracks t where t.album_id = a.id);
    delete from music_artists a
    where a.user_id = any(users) and not exists (select from music_tracks t where t.artist_id = a.id)
        and not exists (select from music_albums b where b.artist_id = a.id);
    delete from music_names n
    where n.user_id = any(users) and not exists (
        select from music_tracks t where n.subject = 'track' and t.id = n.subject_id
        union all select from music_albums b where n.subject = 'album' and b.id = n.subject_id
        union all select from music_artists a where n.subject = 'artist' and a.id = n.subject_id
    );
end $$;
create function music_sources_removed() returns trigger language plpgsql as $$
begin
    perform music_forget_names(array_agg(distinct user_id)) from old_sources having count(*) > 0;
    return null;
end $$;
create trigger music_sources_removed after delete on music_sources
    referencing old table as old_sources for each statement execute function music_sources_removed();
