-- Signing in by way of Privy: the steps under way, and people whom Privy no longer has.

create table privy_flows (
    id uuid primary key,
    -- SHA-256 of the secret in the browser's cookie; a browser has one step under way.
    browser_hash bytea not null constraint privy_flows_browser_key unique,
    way text not null check (way in ('email', 'sms', 'oauth', 'wallet')),
    -- The mailbox or number that the code went to, the service of the consent page, or the wallet.
    target text not null,
    -- SHA-256 of the state that comes back from the consent page.
    state_hash bytea,
    -- The whole text that a wallet signs.
    message text,
    next_path text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint privy_flows_proof check ((way = 'oauth') = (state_hash is not null) and (way = 'wallet') = (message is not null))
);
create index privy_flows_expiry on privy_flows (expires_at);

-- Whom Privy deleted, or merged into somebody else. Their tokens stay valid for an hour and events arrive in any order:
-- neither brings them back.
create table privy_departed (
    subject text primary key,
    -- Who has their accounts now; null: nobody.
    moved_to text,
    -- Whose way in it was, until an event says who has it now.
    user_id uuid references users (id) on delete set null,
    created_at timestamptz not null
);
create index privy_departed_user on privy_departed (user_id);
create index privy_departed_age on privy_departed (created_at);
