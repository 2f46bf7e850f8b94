-- The history of statuses, accounts whose mailbox is lost, and accounts that their person leaves. Adds only; servers of
-- the version before ignore it.

-- Each time an account was closed off or opened again. What counts at present is `users.status`.
create table statuses (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    status text not null check (status in ('active', 'suspended')),
    -- In the operator's words; empty where none were given.
    because text not null check (char_length(because) <= 300),
    -- Null: by a command, or by an operator who is no longer here.
    set_by uuid references users (id) on delete set null,
    created_at timestamptz not null
);
create index statuses_user on statuses (user_id, id);
create index statuses_by on statuses (set_by) where set_by is not null;

-- Whoever asks for an account whose mailbox they can no longer open proves another one first.
alter table user_verifications
    drop constraint user_verifications_purpose_check,
    add constraint user_verifications_purpose_check
        check (purpose in ('register', 'sign_in', 'recover', 'phone', 'lost_mailbox'));

-- A wish for another address by somebody who cannot sign in. It waits, so that the owner can stop it; then an operator
-- decides.
create table mailbox_recoveries (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- The address that the account had when it was asked, and the one that was proved in its place.
    old_email citext not null,
    new_email citext not null,
    -- In the asker's words, for operators.
    reason text not null check (char_length(reason) between 1 and 500),
    -- Where it was asked from, as people are shown it.
    client text not null,
    -- SHA-256 of the secret in the letter to the old address, which stops it.
    stop_hash bytea not null constraint mailbox_recoveries_stop_key unique,
    state text not null default 'waiting' check (state in ('waiting', 'stopped', 'approved', 'refused')),
    created_at timestamptz not null,
    waits_until timestamptz not null,
    settled_at timestamptz,
    -- The operator's words.
    because text
);
create index mailbox_recoveries_user on mailbox_recoveries (user_id);
create index mailbox_recoveries_waiting on mailbox_recoveries (waits_until) where state = 'waiting';
create index mailbox_recoveries_settled on mailbox_recoveries (settled_at) where settled_at is not null;

-- When an account is removed whose person has asked for it; signing in before takes it back.
alter table users add column leaves_at timestamptz;
create index users_leaving on users (leaves_at) where leaves_at is not null;
