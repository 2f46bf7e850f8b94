-- Taking a change back is a call of its own with an approval of its own, which names the change that it takes back.
alter table approvals
    add column undoes uuid references approvals (id) on delete cascade,
    -- From 1 on. There is a next one only where the service did not do the one before.
    add column undo_attempt smallint check (undo_attempt > 0),
    add constraint approvals_undo check ((undoes is null) = (undo_attempt is null)),
    -- Of any number of people's windows that ask at once, one gets to do it.
    add constraint approvals_undone_once unique (undoes, undo_attempt);
