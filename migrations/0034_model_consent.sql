-- What people agree to before a model sees what is read through their connections, and what a run asks its person beside
-- proposals. Adds only.
alter table connections
    -- Whose model the owner has agreed to: the mark by which a change of it is known, and the name and the model that they
    -- were shown. Null: nobody has said yes. A no stays in `for_model`.
    add column agreed_vendor text,
    add column agreed_name text,
    add column agreed_model text,
    add column agreed_at timestamptz,
    add constraint connections_agreed check (num_nulls(agreed_vendor, agreed_name, agreed_model, agreed_at) in (0, 4)),
    add constraint connections_agreed_or_refused check (for_model or agreed_vendor is null);

alter table run_waits drop constraint run_waits_reason_check;
alter table run_waits add constraint run_waits_reason_check check (reason in ('approval', 'consent', 'connect'));

alter table run_events drop constraint run_events_kind_check;
alter table run_events add constraint run_events_kind_check
    check (kind in ('status', 'text', 'tool_started', 'tool_finished', 'proposed', 'decided', 'needed', 'met', 'waiting',
                    'resumed', 'settled'));

-- What a run cannot go on without, and what its person said to it.
create table run_needs (
    id uuid primary key,
    run_id uuid not null references runs (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    -- «consent»: that a model sees what is read; «connect»: an account that works.
    kind text not null check (kind in ('consent', 'connect')),
    provider text not null,
    -- The account; null: any of the service.
    connection_id uuid references connections (id) on delete cascade,
    -- Whose model it is about, as it was shown.
    vendor text,
    vendor_name text,
    model text,
    -- What its operator keeps, as a sentence.
    keeps text,
    state text not null default 'open' check (state in ('open', 'yes', 'no')),
    created_at timestamptz not null,
    answered_at timestamptz,
    check ((state = 'open') = (answered_at is null)),
    check (kind <> 'consent' or num_nulls(connection_id, vendor, vendor_name, model, keeps) = 0)
);
create index run_needs_run on run_needs (run_id, created_at);
create index run_needs_user on run_needs (user_id);
create index run_needs_connection on run_needs (connection_id) where connection_id is not null;
