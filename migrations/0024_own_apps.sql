-- Apps that people have registered at services themselves: a connection may be made with such an app in the place of
-- this installation's own.

create table own_apps (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    provider text not null,
    -- What its owner calls it.
    name text not null,
    -- Sealed under the key that is derived for own apps alone. The secret is null for a client that has none.
    sealed_client_id text not null,
    sealed_secret text,
    -- The first and last letters of the client id, by which its owner knows it again.
    client_hint text not null,
    -- SHA-256 of the client id.
    client_fingerprint bytea not null,
    -- What the last look at the service has shown: ready, or refused with the reason beside it.
    state text not null check (state in ('unchecked', 'ready', 'refused')),
    failure text,
    checked_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint own_apps_provider_key unique (user_id, provider)
);

-- The app that a connection was made with, and is renewed with; null: this installation's own. The same account may
-- stand twice, once with each. A process of the version before this one cannot connect while both run; it reads.
alter table connections
    add column own_app_id uuid references own_apps (id) on delete cascade,
    drop constraint connections_account_key,
    add constraint connections_account_key unique nulls not distinct (user_id, provider, account_id, own_app_id);
create index connections_own_app on connections (own_app_id) where own_app_id is not null;

alter table connection_flows
    add column own_app_id uuid references own_apps (id) on delete cascade;

-- A visit may leave with such an app: it comes back to an address of its own.
alter table connection_flows
    drop constraint connection_flows_purpose_check,
    add constraint connection_flows_purpose_check check (purpose in ('connect', 'own_app', 'sign_in', 'link', 'prove')),
    add constraint connection_flows_own_app check ((purpose = 'own_app') = (own_app_id is not null));
