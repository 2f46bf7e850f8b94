-- Which sealing keys have been in use, so that a start without one of them is noticed as long as a row needs it.
create table sealing_keys (
    id text primary key,
    noted_at timestamptz not null
);
