-- When a mail that waits may be taken up by whoever looks for mails that nobody sends. A row of an earlier version,
-- without a moment, may be taken up at once.
alter table mails add column due_at timestamptz;
create index mails_due on mails (due_at) where state = 'waiting';
