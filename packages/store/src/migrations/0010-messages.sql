-- What a commit says to other runs and to schedules. Called in the statement of `pawl.commit`, after it, with its answer:
-- the fence has been passed, and what starts say that lost is left out. A commit that says nothing does not call it.

-- The runs of a commit's answer: those whose start lost.
create function pawl.lost_runs(lost text) returns uuid[] language sql immutable as $$
  select array_agg((x ->> 'run')::uuid) from json_array_elements(lost::json) x
$$;

-- Messages of any partition; a repeat of an id is ignored. `said_by` is the run that says it, the nil uuid where nobody's
-- start can be lost with it. Answers how many were new.
create function pawl.send_messages(
  lost text,
  message_partition smallint[], message_key uuid[], message_id text[], message_run uuid[], message_at bigint[],
  message_body text[], said_by uuid[]
) returns integer language plpgsql as $$
declare
  gone uuid[] := pawl.lost_runs(lost);
  sent integer;
begin
  insert into pawl.inbox (partition, key, id, run, at, message)
    select x.partition, x.key, x.id, x.run, x.at, x.body
      from unnest(message_partition, message_key, message_id, message_run, message_at, message_body, said_by)
        with ordinality as x (partition, key, id, run, at, body, said_by, n)
      where gone is null or x.said_by <> all (gone)
      -- As they were said: a child's start comes before its cancel.
      order by x.n
    on conflict do nothing;
  get diagnostics sent = row_count;
  -- A start that is sent again while its owner begins it comes back by the insert above, once the owner has consumed it.
  delete from pawl.inbox i
    using unnest(message_partition, message_key, message_run) as x (partition, key, run)
    where x.key = x.run and i.partition = x.partition and i.key = x.key
      and exists (select from pawl.run r where r.partition = x.partition and r.id = x.run);
  return sent;
end
$$;
