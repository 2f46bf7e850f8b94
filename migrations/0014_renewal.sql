-- Renewing what programs are signed in with. Adds only.

-- How often a person's programs renewed lately is counted in the tokens themselves, exactly and for all processes.
create index refresh_tokens_renewed on refresh_tokens (user_id, created_at) where parent_id is not null;
-- Devices that nobody has used for long are looked for by a sweep.
create index devices_used on devices (last_used_at);
