-- How flows start by themselves: one row for each flow name of a workspace, that of the version in force. `at` is when its
-- partition's owner looks at it next; null: it waits for a message. `state` is what it knows, opaque here.
create table pawl.schedule (
  at bigint,
  id uuid primary key,
  workspace integer not null,
  flow integer not null,
  partition smallint not null,
  paused boolean not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  state text not null
);
create unique index schedule_by_name on pawl.schedule (workspace, namespace, name);
create index schedule_due on pawl.schedule (partition, at) where at is not null and not paused;

-- What a commit decided. One that was decided for another flow version than the one in force is refused as a whole:
-- what it consumed would be missing in the version that came.
create function pawl.change_schedules(
  lost text, p_id uuid[], p_partition smallint[], p_flow integer[], p_at bigint[], p_state text[]
) returns void language plpgsql as $$
declare
  changed integer;
begin
  update pawl.schedule s set at = x.at, state = x.state
    from unnest(p_id, p_partition, p_flow, p_at, p_state) as x (id, partition, flow, at, state)
    where s.id = x.id and s.partition = x.partition and s.flow = x.flow;
  get diagnostics changed = row_count;
  if changed < cardinality(p_id) then
    raise exception using errcode = '23514', message = 'another version of the flow is in force, or none';
  end if;
end
$$;

-- Puts a schedule in force with its subscriptions; answers whether it did: not where a newer version of the flow is
-- published, whoever comes later. What it knows stays where `p_keeps`, and whether it is paused in any case.
create function pawl.set_schedule(
  p_id uuid, p_partition smallint, p_workspace integer, p_namespace text, p_name text, p_flow integer, p_at bigint,
  p_state text, p_paused boolean, p_keeps boolean,
  new_partition smallint[], new_workspace integer[], new_listener uuid[], new_step text[], new_step_key bigint[],
  new_filter integer[], new_match text[], new_since bigint[], new_kept boolean[]
) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('pawl.schedule ' || p_id, 0));
  if (select n.flow from pawl.flow_name n
      where n.workspace = p_workspace and n.namespace = p_namespace and n.name = p_name
      order by n.version_order desc limit 1) <> p_flow then
    return false;
  end if;
  insert into pawl.schedule as s (id, partition, workspace, namespace, name, flow, at, state, paused)
    values (p_id, p_partition, p_workspace, p_namespace, p_name, p_flow, p_at, p_state, p_paused)
    on conflict (id) do update
      set flow = excluded.flow, at = excluded.at, state = case when p_keeps then s.state else excluded.state end;
  perform pawl.end_subscriptions(p_id);
  perform pawl.change_subscriptions(null, '{}', '{}', '{}', new_partition, new_workspace, new_listener, new_step,
    new_step_key, new_filter, new_match, new_since, new_kept);
  return true;
end
$$;

-- Takes a schedule away.
create function pawl.drop_schedule(p_id uuid) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('pawl.schedule ' || p_id, 0));
  delete from pawl.schedule s where s.id = p_id;
  perform pawl.end_subscriptions(p_id);
end
$$;

-- All subscriptions of a listener, in whatever partition: one look into each.
create function pawl.end_subscriptions(p_listener uuid) returns void language sql as $$
  delete from pawl.subscription s
    where s.partition = any (array(select generate_series(0, 255)::smallint)) and s.listener = p_listener
$$;
