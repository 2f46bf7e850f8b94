-- What teams use of their plans, in calendar months of UTC: the month goes on whatever becomes of a subscription.
-- `team_id` has no foreign key: the ledger outlives a team.

-- How much of a month is used and how much is reserved for answers that are being written.
create table usage_months (
    team_id uuid not null,
    month date not null check (extract(day from month) = 1),
    messages bigint not null default 0 check (messages >= 0),
    messages_reserved bigint not null default 0 check (messages_reserved >= 0),
    tokens bigint not null default 0 check (tokens >= 0),
    tokens_reserved bigint not null default 0 check (tokens_reserved >= 0),
    primary key (team_id, month)
);

-- One reservation for one answer. Settled ones are the ledger; a released one has used nothing.
create table usage_ledger (
    -- The run that it is for.
    run_id uuid primary key,
    team_id uuid not null,
    month date not null,
    state text not null check (state in ('reserved', 'settled', 'released')),
    -- How many tokens are kept free for it.
    tokens_reserved bigint not null check (tokens_reserved >= 0),
    -- What answered, and what it took.
    model text,
    tokens_read bigint not null default 0 check (tokens_read >= 0),
    tokens_written bigint not null default 0 check (tokens_written >= 0),
    reserved_at timestamptz not null,
    settled_at timestamptz
);
create index usage_ledger_team on usage_ledger (team_id, month);
create index usage_ledger_waiting on usage_ledger (reserved_at) where state = 'reserved';

-- What the operator's model key took on a day of UTC, in tokens, for all teams together.
create table usage_days (
    day date primary key,
    tokens bigint not null default 0 check (tokens >= 0),
    -- When the day's budget was used up, and the operator was told.
    tripped_at timestamptz
);
