-- The commit of a worker: one call, one transaction, all of it or nothing. Each statement inside has a snapshot of its
-- own (READ COMMITTED), which the dedup below depends on. Empty sections are skipped without running a statement.
-- Answers the starts that lost to an earlier run with their key as JSON, or null.
create function pawl.commit(
  lease_partition smallint[], lease_epoch bigint[],
  start_partition smallint[], start_run uuid[], start_workspace integer[], start_flow integer[], start_at bigint[],
  start_status "char"[], start_waiting "char"[], start_loaded boolean[], start_ended bigint[], start_timer bigint[],
  start_key text[], start_hash bytea[], start_fingerprint bytea[],
  journal_partition smallint[], journal_run uuid[], journal_from integer[], journal_to integer[],
  journal_format smallint[], journal_checksum integer[], journal_body text[],
  head_partition smallint[], head_run uuid[], head_status "char"[], head_waiting "char"[], head_loaded boolean[],
  head_ended bigint[], head_timed boolean[], head_timer bigint[],
  snapshot_partition smallint[], snapshot_run uuid[], snapshot_seq integer[], snapshot_format smallint[],
  snapshot_checksum integer[], snapshot_body text[],
  payload_partition smallint[], payload_run uuid[], payload_sha256 bytea[], payload_body text[],
  timer_partition smallint[], timer_run uuid[], timer_due bigint[],
  decision_partition smallint[], decision_run uuid[], decision_id text[], decision_step text[], decision_asked bigint[],
  decision_reason text[], decision_decided bigint[], decision_by text[], decision_verdict text[], decision_message text[],
  consumed_partition smallint[], consumed_key uuid[]
) returns text language plpgsql as $$
declare
  held smallint[];
  epochs bigint[];
  fenced smallint[];
  lost uuid[];
  answer text;
begin
  -- The share lock makes a takeover wait for this transaction, and this one see the takeover that came before it.
  -- Partitions arrive sorted, so that the arrays can be compared as they are.
  select array_agg(l.partition), array_agg(l.epoch) into held, epochs
    from (select partition, epoch from pawl.lease where partition = any (lease_partition) order by partition for share) l;
  if held is distinct from nullif(lease_partition, '{}') or epochs is distinct from nullif(lease_epoch, '{}') then
    select array_agg(x.partition) into fenced
      from unnest(lease_partition, lease_epoch) as x (partition, epoch)
      where x.epoch is distinct from epochs[array_position(held, x.partition)];
    raise exception using errcode = 'PW001', message = 'another worker owns a partition of the commit',
      detail = array_to_string(fenced, ',');
  end if;

  if cardinality(start_run) > 0 then
    if exists (select from unnest(start_hash) as x (hash) where x.hash is not null) then
      insert into pawl.dedup (partition, hash, run, fingerprint)
        select x.partition, x.hash, x.run, x.fingerprint
          from unnest(start_partition, start_hash, start_run, start_fingerprint) as x (partition, hash, run, fingerprint)
          where x.hash is not null
          order by x.partition, x.hash
        on conflict do nothing;
      -- A later statement than the insert: only it sees the winner that the insert waited for.
      select array_agg(x.run),
          json_agg(json_build_object('run', x.run, 'winner', d.run, 'fingerprint', encode(d.fingerprint, 'hex')))
        into lost, answer
        from unnest(start_partition, start_hash, start_run) as x (partition, hash, run)
        join pawl.dedup d on d.partition = x.partition and d.hash = x.hash
        where d.run <> x.run;
    end if;
    insert into pawl.run (partition, id, workspace, flow, started_at, status, waiting_for, loaded, faulted, ended_at, timer_at, key)
      select x.partition, x.run, x.workspace, x.flow, x.at, x.status, x.waiting, x.loaded, x.status = 'f', x.ended, x.timer, x.key
        from unnest(start_partition, start_run, start_workspace, start_flow, start_at, start_status, start_waiting,
            start_loaded, start_ended, start_timer, start_key)
          as x (partition, run, workspace, flow, at, status, waiting, loaded, ended, timer, key)
        where lost is null or x.run <> all (lost);
  end if;

  if cardinality(journal_run) > 0 then
    insert into pawl.journal (partition, run, seq_from, seq_to, format, checksum, body)
      select x.partition, x.run, x.seq_from, x.seq_to, x.format, x.checksum, x.body
        from unnest(journal_partition, journal_run, journal_from, journal_to, journal_format, journal_checksum, journal_body)
          as x (partition, run, seq_from, seq_to, format, checksum, body)
        where lost is null or x.run <> all (lost);
  end if;

  if cardinality(head_run) > 0 then
    update pawl.run r
      set status = x.status, waiting_for = x.waiting, loaded = x.loaded, faulted = x.status = 'f', ended_at = x.ended,
        timer_at = case when x.timed then x.timer else r.timer_at end
      from unnest(head_partition, head_run, head_status, head_waiting, head_loaded, head_ended, head_timed, head_timer)
        as x (partition, run, status, waiting, loaded, ended, timed, timer)
      where r.partition = x.partition and r.id = x.run and (lost is null or x.run <> all (lost));
  end if;

  if cardinality(timer_run) > 0 then
    update pawl.run r set timer_at = x.at
      from unnest(timer_partition, timer_run, timer_due) as x (partition, run, at)
      where r.partition = x.partition and r.id = x.run and (lost is null or x.run <> all (lost));
  end if;

  if cardinality(snapshot_run) > 0 then
    insert into pawl.snapshot as s (partition, run, seq, format, checksum, body)
      select x.partition, x.run, x.seq, x.format, x.checksum, x.body
        from unnest(snapshot_partition, snapshot_run, snapshot_seq, snapshot_format, snapshot_checksum, snapshot_body)
          as x (partition, run, seq, format, checksum, body)
        where lost is null or x.run <> all (lost)
      on conflict (partition, run) do update
        set seq = excluded.seq, format = excluded.format, checksum = excluded.checksum, body = excluded.body
        where s.seq <= excluded.seq;
  end if;

  if cardinality(payload_run) > 0 then
    insert into pawl.payload (partition, run, sha256, body)
      select x.partition, x.run, x.sha256, x.body
        from unnest(payload_partition, payload_run, payload_sha256, payload_body) as x (partition, run, sha256, body)
        where lost is null or x.run <> all (lost)
      on conflict do nothing;
  end if;

  if cardinality(decision_run) > 0 then
    insert into pawl.decision (partition, run, id, workspace, step, asked_at, reason, decided_at, decided_by, verdict, message)
      select x.partition, x.run, x.id, r.workspace, x.step, x.asked, x.reason, x.decided, x.by, x.verdict, x.message
        from unnest(decision_partition, decision_run, decision_id, decision_step, decision_asked, decision_reason,
            decision_decided, decision_by, decision_verdict, decision_message)
          as x (partition, run, id, step, asked, reason, decided, by, verdict, message)
        join pawl.run r on r.partition = x.partition and r.id = x.run
        where lost is null or x.run <> all (lost)
      on conflict (partition, run, id) do update
        set decided_at = excluded.decided_at, decided_by = excluded.decided_by, verdict = excluded.verdict, message = excluded.message;
  end if;

  if cardinality(consumed_key) > 0 then
    delete from pawl.inbox i
      using unnest(consumed_partition, consumed_key) as x (partition, key)
      where i.partition = x.partition and i.key = x.key;
  end if;

  return answer;
end
$$;
