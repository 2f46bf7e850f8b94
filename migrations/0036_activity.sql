-- What Aura did through people's accounts: a row for every call, from before it is made. It says what was done and
-- never what was read or written.
create table tool_calls (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- What an account was called outlasts its connection: «which account was that?» is asked later, too.
    connection_id uuid references connections (id) on delete set null,
    provider text not null,
    account_label text not null,
    tool text not null,
    effect text not null check (effect in ('read', 'write', 'destructive')),
    -- Who had something looked up, such as a run. Of a change, its approval tells.
    caller_kind text,
    caller_id uuid,
    -- SHA-256 of connection, tool and arguments, as an approval has it; null once the conversation is deleted.
    arguments_hash bytea check (length(arguments_hash) = 32),
    approval_id uuid constraint tool_calls_approval unique references approvals (id) on delete set null,
    -- By whose yes: given to this very call, or in advance.
    approved text check (approved in ('person', 'standing')),
    started_at timestamptz not null,
    -- Null while it is under way. «unknown»: nobody heard how it ended. «denied»: nothing was sent.
    outcome text check (outcome in ('done', 'failed', 'denied', 'unknown')),
    -- Why it failed, as a code.
    code text,
    -- The size of what it found or made, in bytes of JSON.
    result_bytes bigint check (result_bytes >= 0),
    finished_at timestamptz,
    check ((outcome is null) = (finished_at is null))
);
create index tool_calls_user on tool_calls (user_id, id);
create index tool_calls_connection on tool_calls (connection_id);
create index tool_calls_caller on tool_calls (caller_id);
create index tool_calls_age on tool_calls (started_at);
create index tool_calls_open on tool_calls (started_at) where outcome is null;

-- For how long somebody wants kept what was read for their answers; without a row, 30 days. 0: until the answer is there.
create table reading_choices (
    user_id uuid primary key references users (id) on delete cascade,
    days smallint not null check (days between 0 and 30),
    updated_at timestamptz not null
);

-- What was proposed in conversations that are deleted stayed behind.
delete from approvals a where not exists (select from run_proposals p where p.approval_id = a.id);
