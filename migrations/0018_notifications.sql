-- What people are told in the app, and which of it they want.

create table notifications (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    kind text not null
        constraint notifications_kind_check check (kind in ('sign_in', 'security', 'account', 'connection')),
    title text not null,
    body text not null,
    -- The page of ours where something can be done about it.
    link text not null constraint notifications_link_check check (link like '/%' and link not like '//%'),
    created_at timestamptz not null,
    read_at timestamptz
);
create index notifications_user on notifications (user_id, id desc);
create index notifications_unread on notifications (user_id, id) where read_at is null;
create index notifications_age on notifications (created_at);

-- A kind without a row is told in every way that there is.
create table notification_preferences (
    user_id uuid not null references users (id) on delete cascade,
    kind text not null
        constraint notification_preferences_kind_check check (kind in ('sign_in', 'security', 'account', 'connection')),
    in_app boolean not null,
    email boolean not null,
    primary key (user_id, kind),
    -- Whoever takes over an account must not be able to keep its owner from hearing of it.
    constraint notification_preferences_letters_check check (email or kind = 'connection')
);
