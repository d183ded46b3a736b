-- Which history this database has. A failover, a restore or a copy of an older state continues another history than the
-- one that workers saw: what they did after the point to which it goes back is not in it, and yet was done. A new history
-- has a new number; runs that were open at the time are reconciled when they are next loaded.
create table pawl.lineage (
  number integer not null,
  -- When the history began, as the database's clock had it (ms).
  began_at bigint not null,
  -- Tells it from another history that got the same number.
  token uuid not null,
  -- What the history was seen on. Null: the server does not tell.
  system_identifier bigint,
  timeline text,
  database oid not null,
  relation oid not null,
  only_row boolean primary key default true check (only_row)
);

-- What the server runs on now. The timeline is that of the log being written: the last checkpoint may be older than a
-- promotion. The oids show a schema that was filled from a dump. A server that does not tell something gives null.
create function pawl.surroundings(
  out system_identifier bigint, out timeline text, out database oid, out relation oid
) language plpgsql as $$
begin
  database := (select d.oid from pg_catalog.pg_database d where d.datname = current_database());
  relation := to_regclass('pawl.lineage');
  begin
    system_identifier := (select s.system_identifier from pg_catalog.pg_control_system() s);
    timeline := left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8);
  exception when insufficient_privilege or feature_not_supported or undefined_function then
    null;
  end;
end
$$;

insert into pawl.lineage (number, began_at, token, system_identifier, timeline, database, relation)
  select 0, extract(epoch from clock_timestamp()) * 1000, gen_random_uuid(), s.* from pawl.surroundings() s;

-- How far the log is safe on disk: it never goes back in one history. Null: the server does not tell.
create function pawl.log_position() returns pg_lsn language plpgsql as $$
begin
  return pg_catalog.pg_current_wal_flush_lsn();
exception when insufficient_privilege or feature_not_supported or undefined_function then
  return null;
end
$$;

-- Why this is not the history that the caller knows, or null. A higher number than the caller's tells nothing: somebody
-- has noticed already. `p_run`, `p_seq_from`, `p_checksum`: a journal row whose commit was acknowledged to the caller.
create function pawl.lineage_break(
  p_number integer, p_token uuid, p_position pg_lsn, p_run uuid, p_seq_from integer, p_checksum integer
) returns text language sql as $$
  select case
    when l.system_identifier <> s.system_identifier then 'it runs in another cluster'
    when l.timeline <> s.timeline then 'its log has another timeline, as after a failover or a restore'
    when l.database <> s.database or l.relation <> s.relation then 'it was filled from a dump or copied'
    when p_number > l.number or (p_number = l.number and p_token <> l.token) then 'its history is another one than was seen before'
    when p_number < l.number then null
    when p_position > pawl.log_position() then 'its log is shorter than was seen before'
    when p_run is not null and not exists (
      select from pawl.journal j
        where j.partition = get_byte(uuid_send(p_run), 15) and j.run = p_run and j.seq_from = p_seq_from and j.checksum = p_checksum
    ) then 'a commit that it had acknowledged is missing'
  end
  from pawl.lineage l, pawl.surroundings() s
$$;

-- Begins a new history if this is not the one that the caller knows. Every partition is taken from its owner, whoever
-- that is, at an epoch that no owner of a lost history can have had: they grow by one with each takeover, far slower than
-- milliseconds pass.
create function pawl.meet_lineage(
  p_number integer, p_token uuid, p_position pg_lsn, p_run uuid, p_seq_from integer, p_checksum integer,
  out number integer, out token uuid, out log_position pg_lsn, out system_identifier bigint, out broken text
) language plpgsql as $$
declare
  now_ms bigint;
begin
  broken := pawl.lineage_break(p_number, p_token, p_position, p_run, p_seq_from, p_checksum);
  if broken is not null then
    perform from pawl.lineage for update;
    -- In a later statement than the lock: somebody may have begun it meanwhile.
    broken := pawl.lineage_break(p_number, p_token, p_position, p_run, p_seq_from, p_checksum);
  end if;
  if broken is not null then
    perform from pawl.lease order by partition for update;
    now_ms := extract(epoch from clock_timestamp()) * 1000;
    update pawl.lease set epoch = greatest(epoch + 1, now_ms), worker = null, pid = null, backend_start = null;
    update pawl.lineage l
      set number = greatest(l.number, coalesce(p_number, 0)) + 1, began_at = now_ms, token = gen_random_uuid(),
        system_identifier = s.system_identifier, timeline = s.timeline, database = s.database, relation = s.relation
      from pawl.surroundings() s;
  end if;
  select l.number, l.token, pawl.log_position(), l.system_identifier into number, token, log_position, system_identifier
    from pawl.lineage l;
end
$$;

-- For whoever restored the database in a way that leaves no trace (all of Pawl's folder at once, say): every open run is
-- reconciled, as after a restore that Pawl notices.
create function pawl.begin_lineage() returns integer language sql as $$
  select (pawl.meet_lineage(l.number, gen_random_uuid(), null, null, null, null)).number from pawl.lineage l
$$;
