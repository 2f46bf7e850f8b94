-- What a model wrote about somebody's listening, when they asked for it. Adds only.
create table music_texts (
    user_id uuid not null references users (id) on delete cascade,
    kind text not null check (kind in ('analysis', 'bio', 'captions', 'age')),
    -- The texts, with every name and number put in by us.
    body jsonb not null,
    model text not null,
    prompt_version text not null,
    -- What it was written from, and whose telling that was.
    snapshot jsonb not null,
    sources uuid[] not null,
    created_at timestamptz not null,
    primary key (user_id, kind)
);

-- With a source goes what was written from it.
create function music_texts_without_source() returns trigger language plpgsql as $$
begin
    delete from music_texts t using old_sources s where t.user_id = s.user_id and s.id = any(t.sources);
    return null;
end $$;
create trigger music_texts_without_source after delete on music_sources
    referencing old table as old_sources for each statement execute function music_texts_without_source();
