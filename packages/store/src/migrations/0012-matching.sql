-- Gives events to those who listen for them.

-- Passes where the leases are held as named, as a commit does; else PW001 with the lost partitions. `p_lock` keeps them
-- until the end of the transaction.
create function pawl.fence(lease_partition smallint[], lease_epoch bigint[], p_lock boolean) returns void language plpgsql as $$
declare
  fenced smallint[];
begin
  if p_lock then
    perform from pawl.lease where partition = any (lease_partition) order by partition for share;
  end if;
  -- A later statement than the lock: it sees the takeover that the lock waited for.
  select array_agg(x.partition order by x.partition) into fenced
    from unnest(lease_partition, lease_epoch) as x (partition, epoch)
    left join pawl.lease l on l.partition = x.partition
    where x.epoch is distinct from l.epoch;
  if fenced is not null then
    raise exception using errcode = 'PW001', message = 'another worker owns a partition',
      detail = array_to_string(fenced, ',');
  end if;
end
$$;

-- Looks at what is new in these partitions (sorted), and puts a message into the inbox of each listener for each event that
-- it wants and has not had. At most `p_limit` deliveries: what is left stays in the queue, and `more` says so. `told` are
-- the partitions of the listeners. A plan that reads a table from end to end is never right here, however small it is now.
create function pawl.match_events(
  lease_partition smallint[], lease_epoch bigint[], p_limit integer,
  out delivered integer, out more boolean, out told smallint[]
) language plpgsql
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set jit = off
as $$
declare
  -- One less than the deliveries, so that a row for each does not look like a full house.
  rows_at_once integer := greatest(p_limit - 1, 1);
  picked_partition smallint[];
  picked bigint[];
  looked_at integer;
begin
  delivered := 0;
  more := false;
  -- Most looks find nothing to do, and lock nothing.
  perform pawl.fence(lease_partition, lease_epoch, false);
  select array_agg(q.partition), array_agg(q.n) into picked_partition, picked from (
    select q.partition, q.n from unnest(lease_partition) as p (partition)
      cross join lateral (select i.partition, i.n from pawl.match_queue i where i.partition = p.partition order by i.n limit rows_at_once) q
      order by q.n limit rows_at_once
  ) q;
  if picked is null then
    return;
  end if;
  perform pawl.fence(array_agg(x.partition), array_agg(x.epoch), true)
    from unnest(lease_partition, lease_epoch) as x (partition, epoch) where x.partition = any (picked_partition);

  with pairs as materialized (
    select * from (
      -- New events, and all who listen: those that ask for just what the event has under the names that anybody uses.
      select e.n, e.key, e.partition, s.listener, s.step_key
        from unnest(picked_partition, picked) as p (partition, n)
        cross join lateral (select q.event from pawl.match_queue q where q.partition = p.partition and q.n = p.n offset 0) q
        cross join lateral (select * from pawl.event e where e.key = q.event offset 0) e
        cross join lateral (select a.names from pawl.subscription_names a
          where a.partition = e.partition and e.attributes ?& a.names offset 0) a
        cross join lateral (select jsonb_object_agg(k, e.attributes -> k) as named from unnest(a.names) k) w
        cross join lateral (select s.listener, s.step_key from pawl.subscription s
          where s.partition = e.partition and jsonb_hash_extended(s.match, 0) = jsonb_hash_extended(w.named, 0)
            and s.match = w.named and (e.at >= s.since or s.kept and not e.taken) offset 0) s
      union all
      -- New subscriptions, and the events since; and earlier ones that nobody has taken. For these the partition is compared
      -- within the attributes alone, by the index that knows them.
      select e.n, e.key, e.partition, s.listener, s.step_key
        from unnest(picked_partition, picked) as p (partition, n)
        cross join lateral (select * from pawl.match_queue q
          where q.partition = p.partition and q.n = p.n and q.listener is not null offset 0) q
        cross join lateral (select * from pawl.subscription s where s.partition = q.partition and s.listener = q.listener
          and s.step_key = q.step_key and s.filter = q.filter offset 0) s
        cross join lateral (
          (select e.n, e.key, e.partition from pawl.event e
            where e.partition = s.partition and e.at >= s.since and e.attributes @> s.match offset 0)
          union all
          (select e.n, e.key, e.partition from pawl.event e
            where s.kept and not e.taken and e.at < s.since and e.attributes @> s.match
              and (e.attributes - '{id,time}'::text[]) @> (s.match - '{id,time}'::text[]) offset 0)
        ) e
    ) x
    where not exists (select from pawl.event_match m
      where m.event = x.key and m.listener = x.listener and m.step_key = x.step_key)
    limit p_limit
  ), given as (
    insert into pawl.event_match (partition, event, listener, step_key)
      -- The same event, listener and step may be there once for each filter.
      select x.partition, x.key, x.listener, x.step_key from pairs x order by x.n
      on conflict do nothing
      returning n, partition, event, listener, step_key
  ), sent as (
    insert into pawl.inbox (partition, key, id, run, at, message)
      select ('x' || right(g.listener::text, 2))::bit(8)::integer, i.id, i.id::text, g.listener,
          (extract(epoch from clock_timestamp()) * 1000)::bigint,
          case when s.step = '' then '{"kind":"trigger",' else '{"kind":"event","step":' || to_json(s.step) || ',' end
            || '"key":{"partition":' || g.partition || ',"event":"' || g.event || '"},"event":' || e.body || '}'
        from given g
        cross join lateral (select e.body from pawl.event e where e.key = g.event offset 0) e
        cross join lateral (select s.step from pawl.subscription s
          where s.partition = g.partition and s.listener = g.listener and s.step_key = g.step_key limit 1) s
        cross join lateral (select lpad(to_hex(g.n), 32, '0')::uuid as id) i
        order by g.n
      returning partition
  )
  select (select count(*) from pairs), (select count(*) from sent), (select array_agg(distinct partition) from sent)
    into looked_at, delivered, told;

  more := looked_at = p_limit or cardinality(picked) = rows_at_once;
  if looked_at < p_limit then
    delete from pawl.match_queue q
      using unnest(picked_partition, picked) as p (partition, n)
      where q.partition = p.partition and q.n = p.n;
  end if;
end
$$;

-- Forgets events accepted before a time and what was given of them, at most so many; answers how many.
create function pawl.prune_events(lease_partition smallint[], lease_epoch bigint[], p_before bigint, p_limit integer)
returns integer language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  aged smallint[];
  old uuid[];
begin
  perform pawl.fence(lease_partition, lease_epoch, false);
  select array_agg(p.partition) into aged from unnest(lease_partition) as p (partition)
    where exists (select from pawl.event e where e.partition = p.partition and e.at < p_before);
  if aged is null then
    return 0;
  end if;
  -- Leases before events, as every commit does.
  perform pawl.fence(array_agg(x.partition), array_agg(x.epoch), true)
    from unnest(lease_partition, lease_epoch) as x (partition, epoch) where x.partition = any (aged);
  select array_agg(o.key) into old from (
    select e.key from unnest(aged) as p (partition)
      cross join lateral (select e.key from pawl.event e
        where e.partition = p.partition and e.at < p_before
        -- One that a commit marks right now is forgotten the next time.
        order by e.at limit p_limit for update skip locked) e
      limit p_limit
  ) o;
  delete from pawl.event_match m where m.event = any (old);
  delete from pawl.event e where e.key = any (old);
  return coalesce(cardinality(old), 0);
end
$$;
