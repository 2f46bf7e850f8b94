-- How connections fare while nobody looks: trouble that passes by itself, what runs out, what is looked at again and
-- again, and access that is still to be given back.

alter table connections
    -- When the present tokens were handed out.
    add column issued_at timestamptz,
    -- Renewals that failed in a row for reasons that pass by themselves; since when, and until when the service is left
    -- alone.
    add column failures integer not null default 0,
    add column failing_since timestamptz,
    add column paused_until timestamptz,
    -- Whether what is read through it may enter a prompt.
    add column for_model boolean not null default true;
-- Those from before this step, until they have their place in the schedule.
create index connections_unplanned on connections (id) where issued_at is null;
-- Leases that run, for the cap on renewals at one service.
create index connections_leases on connections (provider, lease_until) where lease_until is not null;
create index connections_ends on connections (least(consent_expires_at, refresh_expires_at))
    where consent_expires_at is not null or refresh_expires_at is not null;

-- The log of one connection, the newest first, and what is old enough to be removed.
create index connection_events_connection on connection_events (connection_id, id desc);
create index connection_events_age on connection_events (created_at);

-- Warnings that were given. An end that moves is warned of anew.
create table connection_reminders (
    connection_id uuid not null references connections (id) on delete cascade,
    kind text not null check (kind in ('consent_14', 'consent_3', 'refresh_7')),
    -- The end that it warned of.
    ends_at timestamptz not null,
    sent_at timestamptz not null,
    primary key (connection_id, kind, ends_at)
);

-- Clients of this installation that a service does not accept any more. The people who have connected it cannot mend
-- that. A row goes with the next renewal that works.
create table client_faults (
    provider text not null,
    -- SHA-256 of the client id.
    client_fingerprint bytea not null,
    since timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (provider, client_fingerprint)
);

-- What is looked at again and again, a row for each connection and kind of look.
create table connection_polls (
    connection_id uuid not null references connections (id) on delete cascade,
    kind text not null,
    -- Where the last look ended, in the words of its kind.
    cursor text,
    due_at timestamptz not null,
    failures integer not null default 0,
    last_done_at timestamptz,
    primary key (connection_id, kind)
);
create index connection_polls_due on connection_polls (due_at);

-- Access that is still to be given back at a service, for connections that are gone. It destroys itself within a day.
create table revocations (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    -- The id that the connection had.
    connection_id uuid not null,
    -- The person's own app that it was made with; null: this installation's.
    own_app_id uuid,
    blanks jsonb not null check (jsonb_typeof(blanks) = 'object'),
    -- The tokens that are not revoked yet, and nothing else, as a sealed JSON object.
    sealed_tokens text not null,
    tries integer not null default 0,
    due_at timestamptz not null,
    -- When it is destroyed whatever the service says.
    ends_at timestamptz not null,
    created_at timestamptz not null
);
create index revocations_due on revocations (due_at);
create index revocations_user on revocations (user_id);
