-- Files that people attach to questions. Adds only.

alter table files
    -- What it was uploaded for: to be kept, or for a question, with whose conversation it goes.
    add column purpose text not null default 'kept' check (purpose in ('kept', 'question')),
    -- When it goes by itself; null: it stays. What is uploaded for a question stays once the question is sent.
    add column passes_at timestamptz;
create index files_passing on files (passes_at) where passes_at is not null;

-- Which files a question came with. What it was is known also where its owner has deleted it since.
create table message_files (
    message_id uuid not null references messages (id) on delete cascade,
    position smallint not null check (position between 0 and 7),
    user_id uuid not null references users (id) on delete cascade,
    -- Null: it is deleted.
    file_id uuid references files (id) on delete set null,
    name text not null check (length(name) between 1 and 200),
    media_type text not null,
    -- In bytes.
    size bigint not null check (size >= 0),
    primary key (message_id, position)
);
create index message_files_file on message_files (file_id) where file_id is not null;
create index message_files_user on message_files (user_id);
