-- What a connection needs beside a token: which tenant, region or company it is for, further secrets of a pasted form,
-- what was asked for, and when each of its rights ends.

alter table connections
    -- What stands for `{name}` in the service's addresses: a subdomain, a region, a company's id. No secrets.
    add column blanks jsonb not null default '{}' check (jsonb_typeof(blanks) = 'object'),
    -- A sealed JSON object: the secrets beside the token, by the names of the form's fields.
    add column sealed_fields text,
    -- What was asked for; what was granted stands in scopes.
    add column asked_scopes text[] not null default '{}',
    -- When the refresh token ends if it is not used; null: not known to end.
    add column refresh_expires_at timestamptz,
    -- When consent must be given anew, however often it was renewed; null: not known to end.
    add column consent_expires_at timestamptz,
    -- When the tokens are to be renewed though nobody asks; null: never.
    add column refresh_due_at timestamptz;
create index connections_refresh_due on connections (refresh_due_at) where refresh_due_at is not null;

alter table connection_flows
    -- What was typed before consent.
    add column blanks jsonb not null default '{}' check (jsonb_typeof(blanks) = 'object'),
    -- The connection that is to get new tokens under its old id.
    add column reconnect uuid references connections (id) on delete cascade;
