-- Outgoing webhooks: addresses that people have registered, and what is posted to them.

create table webhook_endpoints (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    url text not null,
    -- The types of events that are posted; none: all, also those that are yet to come.
    events text[] not null,
    is_on boolean not null default true,
    -- Why nothing is posted: its owner's wish, the endpoint's own word, or days of failure.
    off_reason text constraint webhook_endpoints_off_check check (off_reason in ('owner', 'gone', 'failing')),
    -- Nothing has reached it since.
    failing_since timestamptz,
    sealed_secret text not null,
    -- The secret before this one, which signs as well until its receivers know the new one.
    sealed_previous_secret text,
    previous_until timestamptz,
    created_at timestamptz not null,
    constraint webhook_endpoints_state_check check (is_on = (off_reason is null)),
    constraint webhook_endpoints_previous_check check ((sealed_previous_secret is null) = (previous_until is null))
);
create index webhook_endpoints_user on webhook_endpoints (user_id, id desc);
create index webhook_endpoints_previous on webhook_endpoints (previous_until) where previous_until is not null;

-- One event for one endpoint. Its id is the `webhook-id` of every post of it.
create table webhook_deliveries (
    id uuid primary key,
    endpoint_id uuid not null references webhook_endpoints (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    event text not null,
    -- The body, byte for byte as it is signed.
    payload text not null,
    state text not null default 'waiting'
        constraint webhook_deliveries_state_check check (state in ('waiting', 'delivered', 'failed')),
    -- Tries since the event, or since it was last asked to be posted again.
    tries integer not null default 0,
    -- All of them. Whoever notes how one ended names it, so that nobody notes for another.
    attempts integer not null default 0,
    -- When it is tried next; while a try is under way, when another process may take it for lost.
    due_at timestamptz not null,
    tried_at timestamptz,
    -- What the last try ended with.
    last_status integer,
    last_answer text,
    problem text,
    created_at timestamptz not null,
    settled_at timestamptz
);
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, id desc);
create index webhook_deliveries_due on webhook_deliveries (due_at) where state = 'waiting';
create index webhook_deliveries_next on webhook_deliveries (endpoint_id, due_at) where state = 'waiting';
create index webhook_deliveries_user on webhook_deliveries (user_id);
create index webhook_deliveries_age on webhook_deliveries (created_at);
