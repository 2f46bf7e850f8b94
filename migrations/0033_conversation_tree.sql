-- Conversations as trees, of which one path is shown, and what people do with them: pin, put away, find, share, and say
-- what an answer was worth. Adds only.

create extension if not exists unaccent;

-- Words as they are written but for their accents: one configuration for every language.
create text search configuration words (copy = simple);
alter text search configuration words
    alter mapping for word, hword, hword_part, numword, numhword, hword_numpart with unaccent, simple;

alter table messages
    -- What it follows: an answer its question, a question the answer before it. Null: a conversation begins with it.
    -- Messages that follow the same are versions of each other.
    add column parent_id uuid,
    -- A document of words has a size that cannot be passed, and no text of this length does.
    add column words tsvector generated always as (to_tsvector('words', left(content, 200000))) stored,
    add constraint messages_of_conversation unique (conversation_id, id);

-- What was written before is one line.
update messages m set parent_id = line.before
from (select id, lag(id) over (partition by conversation_id order by created_at, id) as before from messages) line
where line.id = m.id;

-- Nothing is removed that something follows.
alter table messages
    add constraint messages_parent foreign key (conversation_id, parent_id) references messages (conversation_id, id);
create index messages_versions on messages (conversation_id, parent_id);
create index messages_words on messages using gin (words);

alter table conversations
    -- The end of the path that is shown; null: the newest message.
    add column leaf_id uuid,
    add column pinned_at timestamptz,
    add column archived_at timestamptz,
    add column title_words tsvector generated always as (to_tsvector('words', title)) stored,
    add constraint conversations_leaf foreign key (id, leaf_id) references messages (conversation_id, id);
update conversations c set leaf_id =
    (select m.id from messages m where m.conversation_id = c.id order by m.created_at desc, m.id desc limit 1);
create index conversations_title on conversations using gin (title_words);

-- Versions of an answer belong to one question; both are looked up by their messages.
create index runs_question on runs (question_id);
create index runs_answer on runs (answer_id);

-- Links by which anybody may read a conversation, up to the message that was its last when the link was made.
create table conversation_shares (
    id uuid primary key,
    conversation_id uuid not null references conversations (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    leaf_id uuid not null,
    -- SHA-256 of the secret in the link.
    secret_hash bytea not null constraint conversation_shares_secret unique check (length(secret_hash) = 32),
    -- Whether what was read is shown as well.
    with_results boolean not null,
    created_at timestamptz not null,
    constraint conversation_shares_leaf foreign key (conversation_id, leaf_id)
        references messages (conversation_id, id) on delete cascade
);
create index conversation_shares_conversation on conversation_shares (conversation_id, leaf_id);
create index conversation_shares_user on conversation_shares (user_id);

-- What a person thought of an answer.
create table message_feedback (
    message_id uuid primary key references messages (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    verdict text not null check (verdict in ('up', 'down')),
    words text not null default '' check (char_length(words) <= 2000),
    created_at timestamptz not null
);
create index message_feedback_user on message_feedback (user_id);
