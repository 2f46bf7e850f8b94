-- Names that a model gives to conversations. Adds only.

alter table conversations
    -- Who gave the name: a rule, by which it is how the first question begins; a model; or its person.
    add column named_by text not null default 'rule' check (named_by in ('rule', 'model', 'person')),
    -- When a model was asked for a name. It is asked once.
    add column name_asked_at timestamptz;
-- What was there before keeps its name.
update conversations set name_asked_at = updated_at;
create index conversations_unnamed on conversations (created_at) where name_asked_at is null;

-- How many messages of the month it counts for. What a model takes to name a conversation is none.
alter table usage_ledger add column messages smallint not null default 1 check (messages in (0, 1));
