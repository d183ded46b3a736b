-- Secrets and connections: what a workspace calls them, how they are bounded, and their values, sealed. A value is
-- encrypted by a data key of its own, which is wrapped by the master key; the master key is never here. Only the current
-- version is kept: a value that was replaced is gone.

create table pawl.secret (
  created_at bigint not null,
  updated_at bigint not null,
  workspace integer not null,
  version integer not null,
  kind text not null check (kind in ('secret', 'connection')),
  name text collate "C" not null,
  updated_by text not null,
  -- JSON of what is no secret: hosts, flows, and the plain fields of a connection.
  settings text not null,
  -- Names the master key that wraps the data key.
  key_id text not null,
  wrapped_key bytea not null,
  sealed bytea not null,
  primary key (workspace, kind, name)
);
create index secret_by_key on pawl.secret (key_id);

-- The master key that new values are sealed with; one for the whole store. A rotation names the new key here first, so
-- that nothing is sealed with the old one while the rest is wrapped anew.
create table pawl.secret_key (
  only_row boolean primary key default true check (only_row),
  key_id text not null
);

-- Who changed what and when; never a value. Rows are only added.
create table pawl.secret_change (
  id bigint generated always as identity primary key,
  at bigint not null,
  workspace integer,
  version integer,
  kind text,
  name text collate "C",
  change text not null check (change in ('set', 'remove', 'rotate-key')),
  by text not null,
  settings text
);
create index secret_change_of on pawl.secret_change (workspace, kind, name, version);

create function pawl.refuse_change() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception 'rows of % are only added', tg_table_name;
end
$$;
create trigger only_added before update or delete or truncate on pawl.secret_change
  for each statement execute function pawl.refuse_change();
