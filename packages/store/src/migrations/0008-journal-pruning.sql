-- Old months of the journal are dropped whole. Rows of runs that are still listed stay: they are copied into a table
-- that takes the month's place in the same transaction in which the month goes. A row belongs to a run that is listed
-- exactly if it must stay, so that no run loses its state, wherever this is interrupted.

-- The ranges of whole months, oldest first, with the run ids that belong to them.
create function pawl.journal_ranges() returns table (name text, low uuid, high uuid) language sql stable as $$
  select c.relname::text, b.bound[1]::uuid, b.bound[2]::uuid
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(
      pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([0-9a-f-]+)''\) TO \(''([0-9a-f-]+)''\)'
    ) b (bound)
    where i.inhparent = 'pawl.journal'::regclass and b.bound is not null
    order by b.bound[1]
$$;

-- Months from which runs were taken off the list, whose journal rows are still there.
create table pawl.month_to_drop (name text primary key);

-- Takes runs of a month off the list that completed or were cancelled before a time, with all that belongs to them but
-- their journal rows: at most p_limit of them. Their start keys stay: a start that comes again is no new run.
create function pawl.prune_runs(p_name text, p_low uuid, p_high uuid, p_ended_before bigint, p_limit integer)
returns integer language plpgsql as $$
declare
  doomed uuid[];
begin
  select array_agg(x.id) into doomed from (
    select r.id from pawl.run r
      where r.id >= p_low and r.id < p_high and r.status in ('c', 'x') and r.ended_at < p_ended_before
      order by r.id limit p_limit for update skip locked
  ) x;
  if doomed is null then
    return 0;
  end if;
  insert into pawl.month_to_drop (name) values (p_name) on conflict do nothing;
  delete from pawl.payload p using unnest(doomed) d (id) where p.partition = get_byte(uuid_send(d.id), 15) and p.run = d.id;
  delete from pawl.snapshot s using unnest(doomed) d (id) where s.partition = get_byte(uuid_send(d.id), 15) and s.run = d.id;
  delete from pawl.decision q using unnest(doomed) d (id) where q.partition = get_byte(uuid_send(d.id), 15) and q.run = d.id;
  delete from pawl.mark m using unnest(doomed) d (id) where m.partition = get_byte(uuid_send(d.id), 15) and m.run = d.id;
  delete from pawl.run r using unnest(doomed) d (id) where r.partition = get_byte(uuid_send(d.id), 15) and r.id = d.id;
  return cardinality(doomed);
end
$$;

-- Copies the rows of the next p_limit listed runs of a month after p_after; answers the last of those runs, or null.
create function pawl.keep_rows(p_name text, p_low uuid, p_high uuid, p_after uuid, p_limit integer) returns uuid language plpgsql as $$
declare
  kept text := p_name || '_kept';
  last uuid;
begin
  if to_regclass('pawl.' || quote_ident(kept)) is null then
    -- With its index, and a constraint that spares the scan when it is attached.
    execute format('create table pawl.%I (like pawl.journal including all, check (run >= %L and run < %L))', kept, p_low, p_high);
  end if;
  select x.id into last from (
    select r.id from pawl.run r where r.id >= p_low and r.id < p_high and (p_after is null or r.id > p_after) order by r.id limit p_limit
  ) x order by x.id desc limit 1;
  if last is not null then
    execute format($q$
      insert into pawl.%I select j.* from pawl.run r join pawl.%I j on j.run = r.id and j.partition = r.partition
        where r.id >= $1 and r.id <= $2 and (r.id > $3 or $3 is null) on conflict do nothing
    $q$, kept, p_name) using p_low, last, p_after;
  end if;
  return last;
end
$$;

-- Lets the copy take the month's place, or nothing where no run is left; answers how many rows were written since it was
-- made. Commits wait meanwhile. Fails with lock_not_available where a long read stands in the way, having done nothing.
create function pawl.swap_month(p_name text, p_low uuid, p_high uuid) returns integer language plpgsql
set lock_timeout = '5s' as $$
declare
  kept text := p_name || '_kept';
  added integer;
begin
  -- First alone with the month: a vacuum of it gives way only after a second, and commits do not wait for this.
  execute format('lock table pawl.%I in share update exclusive mode', p_name);
  perform set_config('lock_timeout', '500ms', true);
  lock table only pawl.journal in access exclusive mode;
  execute format($q$
    insert into pawl.%1$I select j.* from pawl.run r cross join lateral (
      select o.* from pawl.%2$I o
        where o.run = r.id and o.partition = r.partition
          and o.seq_from > coalesce((select max(k.seq_from) from pawl.%1$I k where k.run = r.id and k.partition = r.partition), 0)
    ) j where r.id >= $1 and r.id < $2
  $q$, kept, p_name) using p_low, p_high;
  get diagnostics added = row_count;
  execute format('alter table pawl.journal detach partition pawl.%I', p_name);
  execute format('drop table pawl.%I', p_name);
  if exists (select from pawl.run r where r.id >= p_low and r.id < p_high) then
    execute format('alter table pawl.%I rename to %I', kept, p_name);
    execute format('alter table pawl.journal attach partition pawl.%I for values from (%L) to (%L)', p_name, p_low, p_high);
  else
    execute format('drop table pawl.%I', kept);
  end if;
  delete from pawl.month_to_drop where name = p_name;
  return added;
end
$$;
