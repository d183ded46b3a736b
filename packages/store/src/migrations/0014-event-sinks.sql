-- Events on their way out. A sink is made by whoever asks for its events first; from then on each accepted event leaves a
-- row for it in its own transaction. They are read from the first one on, never after the last number that was sent: a
-- number that was given earlier may become visible later.
create table pawl.event_sink (
  name text primary key,
  holder text not null,
  until bigint not null
);
create table pawl.event_out (
  n bigint not null,
  event uuid not null,
  sink text not null,
  primary key (sink, n)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- As before, and a row for each sink.
create or replace function pawl.add_events(
  lost text,
  event_partition smallint[], event_key uuid[], event_workspace integer[], event_source text[], event_id text[],
  event_type text[], event_at bigint[], event_attributes text[], event_body text[], said_by uuid[]
) returns uuid[] language plpgsql as $$
declare
  gone uuid[] := pawl.lost_runs(lost);
  accepted uuid[];
begin
  -- Numbered as they come, and written in the order of their keys: two calls with the same events wait for each other,
  -- and never crosswise.
  with numbered as materialized (
    select x.*, nextval('pawl.event_order') as n
      from unnest(event_partition, event_key, event_workspace, event_source, event_id, event_type, event_at,
          event_attributes, event_body, said_by)
        as x (partition, key, workspace, source, id, type, at, attributes, body, said_by)
      where gone is null or x.said_by <> all (gone)
  ), made as (
    insert into pawl.event (n, partition, key, workspace, source, id, type, at, attributes, body)
      select x.n, x.partition, x.key, x.workspace, x.source, x.id, x.type, x.at,
          x.attributes::jsonb || jsonb_build_object('#', x.partition || ' ' || x.workspace), x.body
        from numbered x order by x.key, x.n
      on conflict do nothing
      returning partition, key, n
  ), queued as (
    insert into pawl.match_queue (partition, event) select partition, key from made order by n
  ), going_out as (
    insert into pawl.event_out (n, event, sink) select m.n, m.key, s.name from made m cross join pawl.event_sink s
  )
  select array_agg(key) into accepted from made;
  return accepted;
end
$$;

-- As before, with what of the events was not sent, and with sinks that nobody has asked for since.
create or replace function pawl.prune_events(lease_partition smallint[], lease_epoch bigint[], p_before bigint, p_limit integer)
returns integer language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  aged smallint[];
  old uuid[];
  numbers bigint[];
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
  select array_agg(o.key), array_agg(o.n) into old, numbers from (
    select e.key, e.n from unnest(aged) as p (partition)
      cross join lateral (select e.key, e.n from pawl.event e
        where e.partition = p.partition and e.at < p_before
        -- One that a commit marks right now is forgotten the next time.
        order by e.at limit p_limit for update skip locked) e
      limit p_limit
  ) o;
  delete from pawl.event_match m where m.event = any (old);
  delete from pawl.event_out o using pawl.event_sink s where o.sink = s.name and o.n = any (numbers);
  delete from pawl.event_sink s where s.until < p_before and not exists (select from pawl.event_out o where o.sink = s.name);
  delete from pawl.event e where e.key = any (old);
  return coalesce(cardinality(old), 0);
end
$$;
