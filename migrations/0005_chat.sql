-- Conversations, their messages, and the runs that write answers.
create table conversations (
    id uuid primary key,
    team_id uuid not null references teams (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    title text not null check (char_length(title) between 1 and 200),
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index conversations_recent on conversations (user_id, updated_at desc);

create table messages (
    id uuid primary key,
    conversation_id uuid not null references conversations (id) on delete cascade,
    author text not null check (author in ('person', 'assistant')),
    content text not null,
    -- Chosen by the browser: the same send arriving twice is one message.
    client_key text,
    created_at timestamptz not null,
    constraint messages_client_key unique (conversation_id, client_key)
);
create index messages_order on messages (conversation_id, created_at, id);

-- One answer in the making: a task of the server, never of a connection.
create table runs (
    id uuid primary key,
    conversation_id uuid not null references conversations (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    question_id uuid not null references messages (id) on delete cascade,
    answer_id uuid not null references messages (id) on delete cascade,
    state text not null check (state in ('running', 'finished', 'stopped', 'failed', 'interrupted')),
    -- Which model answered; null: the rule-based router.
    model text,
    error_code text,
    error_message text,
    stop_requested_at timestamptz,
    -- Renewed while the task lives; a run whose beat is old has lost its process.
    heartbeat_at timestamptz not null,
    last_seq integer not null default 0,
    created_at timestamptz not null,
    settled_at timestamptz
);
-- One answer at a time in a conversation.
create unique index runs_one_at_a_time on runs (conversation_id) where state = 'running';
create index runs_conversation on runs (conversation_id, created_at);
create index runs_beat on runs (heartbeat_at) where state = 'running';

-- The numbered log of a run: what a viewer is shown comes from here and from nowhere else.
create table run_events (
    run_id uuid not null references runs (id) on delete cascade,
    seq integer not null,
    kind text not null check (kind in ('status', 'text', 'tool_started', 'tool_finished', 'settled')),
    payload jsonb not null,
    created_at timestamptz not null,
    primary key (run_id, seq)
);

-- What a tool read: people's mail and issues, therefore sealed, and removed after 30 days.
create table tool_results (
    id uuid primary key,
    run_id uuid not null references runs (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    call_id text not null,
    connection_id uuid,
    sealed_result text not null,
    created_at timestamptz not null,
    constraint tool_results_call unique (run_id, call_id)
);
create index tool_results_age on tool_results (created_at);
