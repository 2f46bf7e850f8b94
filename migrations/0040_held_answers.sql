-- Answers that the model's operator keeps while they are written: by this a process goes on with one that another process
-- has lost. A row is there from the first word that comes of a round until the run waits or ends.
create table held_answers (
    -- The run.
    id uuid primary key references runs (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    model text not null,
    -- The operator's name for the answer.
    response text not null,
    -- How many bytes of the run's text stood before this round.
    text_before integer not null check (text_before >= 0),
    -- The turn as it was asked.
    sealed_turn text not null,
    -- When it began to come. What was proposed since then belongs to it.
    since timestamptz not null,
    -- How often another process has gone on with it.
    taken_over integer not null default 0
);
create index held_answers_user on held_answers (user_id);
