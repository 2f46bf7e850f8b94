-- Teams of several people: who is invited, for how many there is room, and whose a person's new conversations are.

alter table teams
    -- For how many members the plan has room, as billing last wrote it; null: as many as the free plan has.
    add column seats integer constraint teams_seats_check check (seats > 0),
    -- A closed team has no members. Its row stays as the name behind its invoices and its usage.
    add column closed_at timestamptz;

-- Somebody answers for a team, and nobody beside them.
create unique index team_members_owner on team_members (team_id) where role = 'owner';

create table team_invitations (
    id uuid primary key,
    team_id uuid not null references teams (id) on delete cascade,
    email citext not null,
    role text not null constraint team_invitations_role_check check (role in ('admin', 'member')),
    -- SHA-256 of the secret in the link; the secret itself is nowhere on the server.
    token_hash bytea not null constraint team_invitations_token_key unique,
    invited_by uuid references users (id) on delete set null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    -- Sending it again replaces it by another, with another secret.
    ending text constraint team_invitations_ending_check check (ending in ('accepted', 'revoked', 'replaced')),
    accepted_by uuid references users (id) on delete set null,
    -- When the owner was told that it found no free seat: once is enough.
    refused_at timestamptz,
    constraint team_invitations_end_check check ((ended_at is null) = (ending is null))
);
create unique index team_invitations_open on team_invitations (team_id, email) where ended_at is null;
create index team_invitations_team on team_invitations (team_id, created_at desc);
create index team_invitations_email on team_invitations (email);
create index team_invitations_inviter on team_invitations (invited_by);
create index team_invitations_acceptor on team_invitations (accepted_by);
create index team_invitations_age on team_invitations (expires_at);

-- The team that somebody works for at the moment; without a row it is their personal one.
create table team_choices (
    user_id uuid primary key references users (id) on delete cascade,
    team_id uuid not null references teams (id) on delete cascade,
    chosen_at timestamptz not null
);
create index team_choices_team on team_choices (team_id);

-- People are told what happens in their teams.
alter table notifications drop constraint notifications_kind_check;
alter table notifications add constraint notifications_kind_check
    check (kind in ('sign_in', 'security', 'account', 'connection', 'team'));
alter table notification_preferences drop constraint notification_preferences_kind_check;
alter table notification_preferences add constraint notification_preferences_kind_check
    check (kind in ('sign_in', 'security', 'account', 'connection', 'team'));
alter table notification_preferences drop constraint notification_preferences_letters_check;
alter table notification_preferences add constraint notification_preferences_letters_check
    check (email or kind in ('connection', 'team'));
