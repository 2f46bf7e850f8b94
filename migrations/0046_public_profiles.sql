-- What people show of their music, who looked at it, and what was reported. Adds only.

create table music_profiles (
    user_id uuid primary key references users (id) on delete cascade,
    -- What its owner works on.
    draft jsonb not null,
    -- What everybody sees; null: nothing.
    shown jsonb,
    published_at timestamptz,
    updated_at timestamptz not null,
    constraint music_profiles_published check ((shown is null) = (published_at is null))
);

-- A visitor of a profile on a day is one row, however often and in however many places at once they come.
create table music_profile_views (
    user_id uuid not null references users (id) on delete cascade,
    day date not null,
    -- A keyed hash, another one for each profile and day: it tells nobody who that was, nor where else they were.
    visitor bytea not null check (length(visitor) = 16),
    primary key (user_id, day, visitor)
);
create index music_profile_views_day on music_profile_views (day);

-- What is left of a day that is over: a number.
create table music_profile_days (
    user_id uuid not null references users (id) on delete cascade,
    day date not null,
    views bigint not null check (views > 0),
    primary key (user_id, day)
);

-- Whose profiles somebody has looked at, for themselves alone.
create table music_profiles_seen (
    viewer_id uuid not null references users (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    seen_at timestamptz not null,
    primary key (viewer_id, user_id)
);
create index music_profiles_seen_user on music_profiles_seen (user_id);
create index music_profiles_seen_at on music_profiles_seen (viewer_id, seen_at desc);

-- What readers of a profile told the operators. Who told it is not kept.
create table music_profile_reports (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    reason text not null check (reason in ('abuse', 'impersonation', 'rights', 'other')),
    words text not null check (length(words) <= 1000),
    created_at timestamptz not null
);
create index music_profile_reports_user on music_profile_reports (user_id, created_at);
create index music_profile_reports_age on music_profile_reports (created_at);
