-- Consents that have come back and wait for one more word of their person: which of several places is meant, or whether
-- another account shall stand where one stands already.
create table connection_choices (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- The session that came back with it; no other may answer.
    session_id uuid not null references sessions (id) on delete cascade,
    provider text not null,
    -- The tokens, and what there is to choose from; sealed.
    sealed_content text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index connection_choices_user on connection_choices (user_id);
create index connection_choices_session on connection_choices (session_id);
create index connection_choices_expiry on connection_choices (expires_at);
