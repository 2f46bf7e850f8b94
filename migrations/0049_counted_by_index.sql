-- Counts what a statement touched by looking each of it up. Adds only.
--
-- As joins, these were sometimes planned over all plays of a person for each quarter of an hour: a person is one value, and
-- a table that was empty when the plan was made may be long when it is used. So each count is a look-up of its own, and
-- never a scan.
create or replace function music_count(users uuid[], tracks uuid[], moments timestamptz[]) returns void
language plpgsql set enable_seqscan = off as $$
begin
    with touched as (
        select distinct user_id, floor(extract(epoch from at) / 900)::int as quarter
        from unnest(users, moments) as t (user_id, at)
    ), counted as (
        select t.user_id, t.quarter, c.* from touched t cross join lateral (
            select count(*)::int as plays, coalesce(sum(p.milliseconds), 0)::bigint as milliseconds,
                   min(p.started_at) as first_at,
                   max(p.started_at + coalesce(p.milliseconds, 0) * interval '1 millisecond') as ended_at
            from music_plays p
            where p.user_id = t.user_id
                and p.started_at >= to_timestamp(t.quarter * 900.0)
                and p.started_at < to_timestamp((t.quarter + 1) * 900.0)) c
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
        select t.user_id, t.track_id, (t.month at time zone 'UTC')::date as month, c.* from touched t cross join lateral (
            select count(*)::int as plays, coalesce(sum(p.milliseconds), 0)::bigint as milliseconds,
                   min(p.started_at) as first_at, max(p.started_at) as last_at
            from music_plays p
            where p.track_id = t.track_id and p.user_id = t.user_id
                and p.started_at >= t.month and p.started_at < t.month + interval '1 month') c
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
        select t.user_id, t.track_id, c.* from touched t cross join lateral (
            select coalesce(sum(m.plays), 0)::int as plays, coalesce(sum(m.milliseconds), 0)::bigint as milliseconds,
                   min(m.first_at) as first_at, max(m.last_at) as last_at
            from music_track_months m
            where m.track_id = t.track_id and m.user_id = t.user_id) c
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
