-- What the statistics of a period are made of. Adds only.

-- Plays of each track: of all time (`everything`), or from one moment until before another. `months_from` until before
-- `months_to` are the whole months of UTC in between, which begin at `whole_from` and end before `whole_to`.
create function music_counted(
    person uuid, everything boolean,
    since timestamptz, months_from date, months_to date, whole_from timestamptz, whole_to timestamptz, until timestamptz
) returns table (track_id uuid, plays bigint, milliseconds bigint, first_at timestamptz, last_at timestamptz)
language sql stable as $$
    select t.track_id, t.plays::bigint, t.milliseconds, t.first_at, t.last_at
    from music_track_totals t where everything and t.user_id = person
    union all
    select p.track_id, sum(p.plays)::bigint, sum(p.milliseconds)::bigint, min(p.first_at), max(p.last_at)
    from (
        select m.track_id, m.plays, m.milliseconds, m.first_at, m.last_at
        from music_track_months m
        where not everything and m.user_id = person and m.month >= months_from and m.month < months_to
        union all
        select e.track_id, 1, coalesce(e.milliseconds, 0), e.started_at, e.started_at
        from music_plays e
        where not everything and e.user_id = person and e.started_at >= since and e.started_at < whole_from
        union all
        select e.track_id, 1, coalesce(e.milliseconds, 0), e.started_at, e.started_at
        from music_plays e
        where not everything and e.user_id = person and e.started_at >= whole_to and e.started_at < until
    ) p
    group by p.track_id
$$;
