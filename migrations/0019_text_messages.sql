-- Numbers that people have proved, text messages that wait to be sent, and which versions of apps there are. Adds only.

create table user_phones (
    -- E.164. A number belongs to one person at a time.
    phone text primary key check (phone ~ '^\+[1-9][0-9]{3,14}$'),
    user_id uuid not null constraint user_phones_user_key unique references users (id) on delete cascade,
    verified_at timestamptz not null
);

-- The outbox of text messages, beside the one of mails. It also is the book of what was spent: the caps of a day count
-- its rows.
create table text_messages (
    id uuid primary key,
    -- What it is for, in our words.
    template text not null,
    -- ISO 3166-1 alpha-2 of the number.
    country text not null check (country ~ '^[A-Z]{2}$'),
    -- Number and words; sealed, and emptied as soon as the message has left or was given up.
    sealed_recipient text,
    sealed_content text,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
    tries smallint not null default 0,
    -- Why it did not leave, in our words.
    problem text,
    -- The id that the service gave it.
    service_id text,
    created_at timestamptz not null,
    -- From when on whoever looks for messages that nobody sends may take it up.
    due_at timestamptz not null,
    -- When the newest attempt began.
    taken_at timestamptz,
    settled_at timestamptz,
    -- From when on nobody wants it any more: its code has expired.
    useless_at timestamptz not null
);
create index text_messages_due on text_messages (due_at) where state = 'waiting';
create index text_messages_created on text_messages (created_at);

-- Versions of the apps that operators have published.
create table app_versions (
    id uuid primary key,
    platform text not null check (platform in ('ios', 'android', 'macos', 'windows', 'linux', 'web', 'other')),
    -- Semantic versioning 2.0, all three parts.
    version text not null check (length(version) between 5 and 50),
    -- Whether older ones are no longer served.
    required boolean not null,
    -- Where it is to be had; https.
    store_url text not null check (length(store_url) <= 2000),
    notes text not null check (length(notes) <= 2000),
    created_at timestamptz not null,
    constraint app_versions_version_key unique (platform, version)
);
