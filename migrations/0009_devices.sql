-- The activity page reads a person's log from its end, page by page; ids sort by time.
create index audit_events_page on audit_events (subject, id);

-- Addresses in their time to undo are asked for on every new account.
create index email_changes_expiry on email_changes (undo_until);
