-- What operators say and look for.

-- Why an account was closed off, for operators; null while it is active.
alter table users add column suspended_because text;

-- The newest people first, and those who operate the installation.
create index users_newest on users (created_at desc, id);
create index users_admins on users (id) where role = 'admin';
-- The newest invitations first.
create index sign_up_invitations_newest on sign_up_invitations (created_at desc, id);
