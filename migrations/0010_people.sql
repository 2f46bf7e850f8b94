-- What people decide about their time and their names.

-- A zone that was chosen stays when its person signs in from elsewhere; otherwise the browser's is taken at sign-in.
alter table users add column time_zone_chosen boolean not null default false;

-- How many handles a person took lately, and how many are theirs.
create index handles_user on handles (user_id, created_at);
