-- More ways in than mail, what a person is known by, and who may act for the installation.

alter table users
    add column status text not null default 'active' check (status in ('active', 'suspended')),
    -- Why and when, for the person and for operators; null while active.
    add column suspended_at timestamptz,
    add column role text not null default 'member' check (role in ('member', 'admin')),
    add column theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
    -- The object in the file store; null: initials are drawn.
    add column avatar_key text,
    add column last_signed_in_at timestamptz;

-- One address a person: a change replaces it.
create unique index user_emails_one_each on user_emails (user_id);

-- Names in addresses. A handle that was given up leads to the one its owner has now, and stays theirs.
create table handles (
    handle citext constraint handles_pkey primary key,
    user_id uuid not null references users (id) on delete cascade,
    is_current boolean not null,
    created_at timestamptz not null
);
create unique index handles_current on handles (user_id) where is_current;

-- Accounts elsewhere that a person signs in with. Never looked up by address: the subject is the key.
create table identities (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    -- Who vouches for the subject; distinguishes two servers of one kind.
    issuer text not null,
    subject text not null,
    -- What its owner knows it by: a name, an address, a shortened wallet address.
    label text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    constraint identities_subject_key unique (provider, issuer, subject)
);
create index identities_user on identities (user_id);

-- An account elsewhere whose authoritative address belongs to somebody here. It is linked only when that person signs
-- in in the same browser and says yes; consumed by deleting it.
create table pending_links (
    id uuid primary key,
    -- SHA-256 of the secret in the browser's cookie.
    browser_hash bytea not null unique,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    issuer text not null,
    subject text not null,
    label text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index pending_links_expiry on pending_links (expires_at);

alter table sessions
    drop constraint sessions_method_check,
    -- Where the sign-in came from, shown to its owner.
    add column address text not null default '',
    -- When its person last proved who they are; sensitive acts want this to be recent.
    add column proved_at timestamptz,
    -- The session at Privy that this one was opened for.
    add column privy_session text;
update sessions set proved_at = created_at;
alter table sessions alter column proved_at set not null;
create index sessions_privy on sessions (privy_session) where privy_session is not null and ended_at is null;

-- A ceremony may also prove anew who is signed in, or that a new address is theirs.
alter table sign_in_ceremonies
    add column purpose text not null default 'sign_in' check (purpose in ('sign_in', 'prove', 'change_email')),
    add column user_id uuid references users (id) on delete cascade,
    add column session_id uuid references sessions (id) on delete cascade,
    add constraint sign_in_ceremonies_owner check ((purpose = 'sign_in') = (user_id is null));
create index sign_in_ceremonies_user on sign_in_ceremonies (user_id);
create index sign_in_ceremonies_session on sign_in_ceremonies (session_id);

-- Addresses that were replaced. Until the last moment to undo, the old one opens nothing and nobody else may take it.
create table email_changes (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    old_email citext not null,
    new_email citext not null,
    -- SHA-256 of the secret in the letter to the old address.
    undo_hash bytea not null unique,
    created_at timestamptz not null,
    undo_until timestamptz not null,
    undone_at timestamptz
);
create index email_changes_user on email_changes (user_id);
create index email_changes_old on email_changes (old_email) where undone_at is null;

-- A visit to a consent page may begin before anybody is signed in; it belongs to the browser's cookie then.
alter table connection_flows
    alter column user_id drop not null,
    alter column session_id drop not null,
    -- SHA-256 of the secret in the browser's cookie.
    add column browser_hash bytea,
    drop constraint connection_flows_purpose_check,
    add constraint connection_flows_purpose_check check (purpose in ('connect', 'sign_in', 'link', 'prove')),
    add constraint connection_flows_owner check (
        case when purpose = 'sign_in' then browser_hash is not null else user_id is not null and session_id is not null end
    );
create index connection_flows_user on connection_flows (user_id);
create index connection_flows_session on connection_flows (session_id);

-- A text that a wallet is asked to sign, once.
create table wallet_challenges (
    id uuid primary key,
    browser_hash bytea not null unique,
    -- Lower-case hexadecimal with 0x.
    address text not null,
    -- The whole text (EIP-4361); the signature is checked over exactly this.
    message text not null,
    purpose text not null check (purpose in ('sign_in', 'link', 'prove')),
    user_id uuid references users (id) on delete cascade,
    session_id uuid references sessions (id) on delete cascade,
    next_path text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index wallet_challenges_expiry on wallet_challenges (expires_at);
create index wallet_challenges_user on wallet_challenges (user_id);
create index wallet_challenges_session on wallet_challenges (session_id);

-- What Privy knows a person by. For looking at: none of these opens an account here.
create table privy_accounts (
    user_id uuid not null references users (id) on delete cascade,
    kind text not null,
    -- The address, number or subject; the digest of the whole where the kind is new to us.
    subject text not null,
    data jsonb not null,
    synced_at timestamptz not null,
    primary key (user_id, kind, subject)
);

-- Who may make an account while sign-up is by invitation.
create table sign_up_invitations (
    id uuid primary key,
    email citext not null constraint sign_up_invitations_email_key unique,
    invited_by uuid references users (id) on delete set null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index sign_up_invitations_by on sign_up_invitations (invited_by);

-- Posts of outside services, each once, as they came; a job does what they ask for.
create table webhook_events (
    id uuid primary key,
    source text not null,
    -- The sender's own id for the event: a repetition is the same row.
    event_id text not null,
    kind text not null,
    sealed_body text not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    -- Why it failed last, in our words.
    problem text,
    tries smallint not null default 0,
    -- When the sender signed it.
    sent_at timestamptz not null,
    received_at timestamptz not null,
    settled_at timestamptz,
    constraint webhook_events_event_key unique (source, event_id)
);
create index webhook_events_state on webhook_events (state, received_at);

alter table mails
    drop constraint mails_state_check,
    add constraint mails_state_check check (state in ('waiting', 'sent', 'failed', 'suppressed')),
    -- When a process last began to send it, and under which id the service knows it.
    add column taken_at timestamptz,
    add column service_id text,
    -- Why it failed last, in our words.
    add column problem text;
create index mails_service on mails (service_id) where service_id is not null;

-- Mailboxes that bounced or whose owner complained: no further mail goes there.
create table mail_suppressions (
    email citext primary key,
    reason text not null check (reason in ('bounced', 'complained')),
    created_at timestamptz not null
);

alter table audit_events
    -- The one who acted, where it was not the subject: an operator.
    add column actor text,
    -- Where it came from, as its owner is shown it.
    add column client text;

create function audit_events_stay() returns trigger language plpgsql as $$
begin
    -- Only the retention job, which says so for its own transaction, takes old rows away.
    if tg_op = 'DELETE' and current_setting('aura.retention', true) = 'on' then
        return null;
    end if;
    raise exception 'audit events are appended and never changed';
end
$$;
create trigger audit_events_stay before update or delete or truncate on audit_events
    for each statement execute function audit_events_stay();
