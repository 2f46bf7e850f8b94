-- Teams own conversations and, later, plans. Everybody has a personal team, made on first use.
create table teams (
    id uuid primary key,
    name text not null check (char_length(name) between 1 and 100),
    -- The person whose personal team this is; unique, so that making it twice is harmless.
    personal_of uuid constraint teams_personal_of_key unique references users (id) on delete cascade,
    created_at timestamptz not null
);

create table team_members (
    team_id uuid not null references teams (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'admin', 'member')),
    joined_at timestamptz not null,
    primary key (team_id, user_id)
);
create index team_members_user on team_members (user_id);
