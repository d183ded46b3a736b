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

-- The attributes of an event that a subscription with these names must have.
create function pawl.named_attributes(attributes jsonb, names text[]) returns jsonb language sql immutable as $$
  select jsonb_object_agg(k, attributes -> k) from unnest(names) k
$$;

-- Looks at what is new in these partitions (sorted), and puts a message into the inbox of each listener for each event that
-- it wants and has not had. At most `p_limit` deliveries: what is left stays in the queue, and `more` says so. `told` are
-- the partitions of the listeners. A plan that reads a table from end to end is never right here, however small it is now.
create function pawl.match_events(
  lease_partition smallint[], lease_epoch bigint[], p_limit integer,
  out delivered integer, out more boolean, out told smallint[]
) language plpgsql
  set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
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
      cross join lateral (select i.partition, i.n from pawl.match_queue i where i.partition = p.partition order by i.n limit p_limit) q
      order by q.n limit p_limit
  ) q;
  if picked is null then
    return;
  end if;
  perform pawl.fence(array_agg(x.partition), array_agg(x.epoch), true)
    from unnest(lease_partition, lease_epoch) as x (partition, epoch) where x.partition = any (picked_partition);

  with pairs as materialized (
    select * from (
      -- New events, and all who listen.
      select e.n, e.key, e.partition, s.listener, s.step_key
        from unnest(picked_partition, picked) as p (partition, n)
        join pawl.match_queue q on q.partition = p.partition and q.n = p.n
        join pawl.event e on e.key = q.event
        join pawl.subscription_names a on a.partition = e.partition and e.attributes ?& a.names
        join pawl.subscription s on s.partition = e.partition
          and jsonb_hash_extended(s.match, 0) = jsonb_hash_extended(pawl.named_attributes(e.attributes, a.names), 0)
          and e.attributes @> s.match and (e.at >= s.since or s.kept and not e.taken)
      union all
      -- New subscriptions, and the events since.
      select e.n, e.key, e.partition, s.listener, s.step_key
        from unnest(picked_partition, picked) as p (partition, n)
        join pawl.match_queue q on q.partition = p.partition and q.n = p.n
        join pawl.subscription s on s.partition = q.partition and s.listener = q.listener and s.step_key = q.step_key
          and s.filter = q.filter
        join pawl.event e on e.partition = s.partition and e.at >= s.since and e.attributes @> s.match
      union all
      -- And earlier ones that nobody has taken. The partition is compared within the attributes alone, or an index by time
      -- would be read from its beginning.
      select e.n, e.key, e.partition, s.listener, s.step_key
        from unnest(picked_partition, picked) as p (partition, n)
        join pawl.match_queue q on q.partition = p.partition and q.n = p.n
        join pawl.subscription s on s.partition = q.partition and s.listener = q.listener and s.step_key = q.step_key
          and s.filter = q.filter and s.kept
        join pawl.event e on not e.taken and e.at < s.since
          and (e.attributes - '{id,time}'::text[]) @> (s.match - '{id,time}'::text[]) and e.attributes @> s.match
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
        join pawl.event e on e.key = g.event
        cross join lateral (select s.step from pawl.subscription s
          where s.partition = g.partition and s.listener = g.listener and s.step_key = g.step_key limit 1) s
        cross join lateral (select lpad(to_hex(g.n), 32, '0')::uuid as id) i
        order by g.n
      returning partition
  )
  select (select count(*) from pairs), (select count(*) from sent), (select array_agg(distinct partition) from sent)
    into looked_at, delivered, told;

  more := looked_at = p_limit or cardinality(picked) = p_limit;
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
  old uuid[];
begin
  perform pawl.fence(lease_partition, lease_epoch, true);
  -- One that a commit marks right now is forgotten the next time.
  select array_agg(o.key) into old from (
    select e.key from pawl.event e
      where e.partition = any (lease_partition) and e.at < p_before
      order by e.at limit p_limit for update skip locked
  ) o;
  delete from pawl.event_match m where m.event = any (old);
  delete from pawl.event e where e.key = any (old);
  return coalesce(cardinality(old), 0);
end
$$;
