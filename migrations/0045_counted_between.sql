-- Plays of each track from one moment until before another; without the first, of all time, which is kept counted. Adds
-- only: `music_counted` with eight arguments, which the release before this one asks, can go with the next.

-- What is whole months of UTC is counted already (`months`); what is before and after them is counted by the plays.
create function music_counted(person uuid, since timestamptz, until timestamptz)
returns table (track_id uuid, plays bigint, milliseconds bigint, first_at timestamptz, last_at timestamptz)
language sql stable as $$
    with cut as not materialized (
        -- The beginning of the first whole month, and the end of the last; with none between, all of it is counted by
        -- the plays before `whole_from`.
        select case when months.first < months.last then months.first at time zone 'UTC' else until end as whole_from,
               case when months.first < months.last then months.last at time zone 'UTC' else until end as whole_to,
               months.first::date as first, months.last::date as last
        from (select date_trunc('month', since at time zone 'UTC' - interval '1 microsecond') + interval '1 month' as first,
                     date_trunc('month', until at time zone 'UTC') as last) months
    )
    select t.track_id, t.plays::bigint, t.milliseconds, t.first_at, t.last_at
    from music_track_totals t where since is null and t.user_id = person
    union all
    select p.track_id, sum(p.plays)::bigint, sum(p.milliseconds)::bigint, min(p.first_at), max(p.last_at)
    from (
        select m.track_id, m.plays, m.milliseconds, m.first_at, m.last_at
        from music_track_months m, cut
        where since is not null and m.user_id = person and m.month >= cut.first and m.month < cut.last
        union all
        select e.track_id, 1, coalesce(e.milliseconds, 0), e.started_at, e.started_at
        from music_plays e, cut
        where since is not null and e.user_id = person and e.started_at >= since and e.started_at < cut.whole_from
        union all
        select e.track_id, 1, coalesce(e.milliseconds, 0), e.started_at, e.started_at
        from music_plays e, cut
        where since is not null and e.user_id = person and e.started_at >= cut.whole_to and e.started_at < until
    ) p
    group by p.track_id
$$;
