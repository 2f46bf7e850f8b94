-- What kind of music somebody makes, as listeners say. Adds only.

alter table music_artists
    -- The tags that were given most, the first one most often; at most three.
    add column genres text[] not null default '{}' check (cardinality(genres) <= 3),
    -- When they were read; null: never.
    add column genres_at timestamptz;
-- What was read for one person is not asked again for another.
create index music_artists_genres on music_artists (key) where genres_at is not null;
