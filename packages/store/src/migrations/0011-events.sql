-- Events, who listens, and what was given to whom. An event lies in the partition of its workspace and type, whose owner
-- gives it to the listeners (0012). Whatever is new on either side leaves a row in `match_queue` in its own transaction:
-- of an event and a subscription the one that is seen later is looked at while the other one is there, so none is missed.

-- `key` is the beginning of the sha-256 of workspace, source and id: the same event is accepted once. `attributes` holds
-- the context attributes and, under the name "#" that none can have, partition and workspace: one comparison tells all.
create sequence pawl.event_order;
create table pawl.event (
  n bigint not null,
  at bigint not null,
  key uuid primary key,
  workspace integer not null,
  partition smallint not null,
  taken boolean not null default false,
  attributes jsonb not null,
  source text not null,
  id text not null,
  type text not null,
  body text not null
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index event_by_time on pawl.event (partition, at, n);
create index event_listed on pawl.event (workspace, at, n);
create index event_untaken on pawl.event (workspace, at, n) where not taken;
-- Kept events that nobody has taken, for new subscriptions. `id` and `time` differ in each event and are hardly asked for.
create index event_kept on pawl.event using gin ((attributes - '{id,time}'::text[]) jsonb_path_ops)
  with (fastupdate = off) where not taken;

-- What a step of a run, or a schedule, listens for. `step_key` is the beginning of the step's sha-256. `match` holds the
-- literal attributes and "#"; an event is found to have them by hashing those of its own that some subscription names.
create table pawl.subscription (
  since bigint not null,
  step_key bigint not null,
  listener uuid not null,
  workspace integer not null,
  filter integer not null,
  partition smallint not null,
  kept boolean not null,
  match jsonb not null,
  step text not null,
  primary key (partition, listener, step_key, filter)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index subscription_match on pawl.subscription (partition, jsonb_hash_extended(match, 0));

-- The sets of attribute names by which events of a partition are looked for. Few, and never deleted.
create table pawl.subscription_names (
  partition smallint not null,
  names text[] not null,
  primary key (partition, names)
);

-- What was given to whom. `n` makes the id of the message; an event that came back and is given again has another one.
create table pawl.event_match (
  n bigint generated always as identity,
  step_key bigint not null,
  event uuid not null,
  listener uuid not null,
  partition smallint not null,
  taken boolean not null default false,
  primary key (event, listener, step_key)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- Events and subscriptions that the owner of their partition has not looked at yet.
create table pawl.match_queue (
  n bigint generated always as identity,
  step_key bigint,
  event uuid,
  listener uuid,
  filter integer,
  partition smallint not null,
  primary key (partition, n)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- Accepts events, of a commit or of the API (`lost` null); answers the keys of those that are new.
create function pawl.add_events(
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
  )
  select array_agg(key) into accepted from made;
  return accepted;
end
$$;

-- Ends and begins subscriptions. One that is known is replaced.
create function pawl.change_subscriptions(
  lost text,
  old_partition smallint[], old_listener uuid[], old_step bigint[],
  new_partition smallint[], new_workspace integer[], new_listener uuid[], new_step text[], new_step_key bigint[],
  new_filter integer[], new_match text[], new_since bigint[], new_kept boolean[]
) returns void language plpgsql as $$
declare
  gone uuid[] := pawl.lost_runs(lost);
begin
  if cardinality(old_listener) > 0 then
    delete from pawl.subscription s
      using unnest(old_partition, old_listener, old_step) as x (partition, listener, step_key)
      where s.partition = x.partition and s.listener = x.listener and s.step_key = x.step_key;
  end if;
  if cardinality(new_listener) > 0 then
    with wanted as materialized (
      select x.*, x.literal::jsonb || jsonb_build_object('#', x.partition || ' ' || x.workspace) as match
        from unnest(new_partition, new_workspace, new_listener, new_step, new_step_key, new_filter, new_match, new_since, new_kept)
          as x (partition, workspace, listener, step, step_key, filter, literal, since, kept)
        where gone is null or x.listener <> all (gone)
    ), named as (
      insert into pawl.subscription_names (partition, names)
        select distinct w.partition, array(select k from jsonb_object_keys(w.match) k order by k collate "C")
          from wanted w order by 1, 2
        on conflict do nothing
    ), made as (
      insert into pawl.subscription (partition, workspace, listener, step, step_key, filter, match, since, kept)
        select w.partition, w.workspace, w.listener, w.step, w.step_key, w.filter, w.match, w.since, w.kept from wanted w
        on conflict (partition, listener, step_key, filter) do update
          set workspace = excluded.workspace, match = excluded.match, since = excluded.since, kept = excluded.kept
    )
    insert into pawl.match_queue (partition, listener, step_key, filter)
      select w.partition, w.listener, w.step_key, w.filter from wanted w;
  end if;
end
$$;

-- What listeners did with events: taken, or come back, so that they may be given to them again.
create function pawl.settle_events(
  lost text,
  taken_event uuid[], taken_listener uuid[], taken_step bigint[],
  returned_event uuid[], returned_listener uuid[], returned_step bigint[]
) returns void language plpgsql as $$
declare
  gone uuid[] := pawl.lost_runs(lost);
begin
  if cardinality(taken_event) > 0 then
    -- Events first and in the order of their keys: who waits here holds nothing that the matching of events waits for.
    update pawl.event e set taken = true
      from (select distinct x.event from unnest(taken_event, taken_listener) as x (event, listener)
          where gone is null or x.listener <> all (gone) order by x.event) x
      where e.key = x.event and not e.taken;
    update pawl.event_match m set taken = true
      from unnest(taken_event, taken_listener, taken_step) as x (event, listener, step_key)
      where m.event = x.event and m.listener = x.listener and m.step_key = x.step_key
        and (gone is null or x.listener <> all (gone));
  end if;
  if cardinality(returned_event) > 0 then
    delete from pawl.event_match m
      using unnest(returned_event, returned_listener, returned_step) as x (event, listener, step_key)
      where m.event = x.event and m.listener = x.listener and m.step_key = x.step_key
        and (gone is null or x.listener <> all (gone));
  end if;
end
$$;
