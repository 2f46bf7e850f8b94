-- Runs that cannot go on without their person, and what they ask for: proposals to change something.
alter table runs drop constraint runs_state_check;
alter table runs add constraint runs_state_check
    check (state in ('running', 'waiting', 'finished', 'stopped', 'failed', 'interrupted'));

alter table run_events drop constraint run_events_kind_check;
alter table run_events add constraint run_events_kind_check
    check (kind in ('status', 'text', 'tool_started', 'tool_finished', 'proposed', 'decided', 'waiting', 'resumed', 'settled'));

-- What a waiting run needs to go on. It goes when the run is taken up again, or ends.
create table run_waits (
    -- The run's.
    id uuid primary key references runs (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    reason text not null check (reason in ('approval')),
    -- The messages, calls and results so far; sealed.
    sealed_turn text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index run_waits_expiry on run_waits (expires_at);
create index run_waits_user on run_waits (user_id);

-- Once used up, an approval stays used up; and nothing is decided without a moment.
update approvals set decided_at = coalesce(decided_at, consumed_at, created_at) where state <> 'waiting';
alter table approvals
    add constraint approvals_decided check ((state = 'waiting') = (decided_at is null)),
    add constraint approvals_consumed check ((state = 'consumed') = (consumed_at is not null)),
    add constraint approvals_state_key unique (id, state),
    -- Whether its person changed the arguments before saying yes.
    add column edited boolean not null default false,
    -- Whether an earlier «always» stood for the yes.
    add column by_standing boolean not null default false,
    -- What the arguments would change, as it was when it was proposed; sealed.
    add column sealed_before text;

-- A call that changes something, from the moment at which it may have left. There is none without an approval that is
-- used up, and one approval has one.
create table executions (
    -- The approval's.
    id uuid primary key,
    approval_state text not null default 'consumed' check (approval_state = 'consumed'),
    user_id uuid not null references users (id) on delete cascade,
    started_at timestamptz not null,
    -- Null while it is under way. «unknown»: it may have been done.
    outcome text check (outcome in ('done', 'failed', 'unknown')),
    -- What the service answered; sealed.
    sealed_outcome text,
    finished_at timestamptz,
    foreign key (id, approval_state) references approvals (id, state) on delete cascade,
    check ((outcome is null) = (finished_at is null))
);
create index executions_open on executions (started_at) where outcome is null;

-- Which run proposed what, and by which name the model knows the call.
create table run_proposals (
    approval_id uuid primary key references approvals (id) on delete cascade,
    run_id uuid not null references runs (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    call_id text not null,
    created_at timestamptz not null
);
create index run_proposals_run on run_proposals (run_id, created_at);

-- «Always for this tool»: a yes in advance, for one tool of one connection as it was described then.
create table standing_approvals (
    connection_id uuid not null references connections (id) on delete cascade,
    tool text not null,
    user_id uuid not null references users (id) on delete cascade,
    -- SHA-256 of the tool's name, description, effect and schema.
    tool_hash bytea not null,
    created_at timestamptz not null,
    primary key (connection_id, tool)
);
