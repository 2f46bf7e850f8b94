-- Conversations are found by the services that were used in them, and pages name the services that ever were. Adds only.

-- In place of reading every call of a person: one service's, with the runs that made them and the approvals they had.
create index tool_calls_service on tool_calls (user_id, provider) include (caller_kind, caller_id, approval_id);
