-- Answers of requests with an Idempotency-Key that start no run, by the sha-256 of scope and key; partition is that of the
-- hash. `answer` is null while the request is carried out; `n` is the order in which they came.
create table pawl.answer (
  n bigint generated always as identity,
  expires_at bigint not null,
  partition smallint not null,
  bytes integer not null default 0,
  hash bytea not null,
  fingerprint bytea not null,
  answer text,
  primary key (partition, hash)
);
create index answer_order on pawl.answer (n);
create index answer_expiry on pawl.answer (expires_at);

-- Takes a key for a request, or tells what is known of it. One that was under way when its process died expires soon.
create function pawl.take_key(
  p_partition smallint, p_hash bytea, p_fingerprint bytea, p_at bigint, p_until bigint,
  out taken boolean, out fingerprint bytea, out answer text
) language plpgsql as $$
begin
  delete from pawl.answer a where a.partition = p_partition and a.hash = p_hash and a.expires_at <= p_at;
  insert into pawl.answer (partition, hash, fingerprint, expires_at) values (p_partition, p_hash, p_fingerprint, p_until)
    on conflict do nothing;
  taken := found;
  -- Not in the same statement: it would not see the row that it waited for.
  select a.fingerprint, a.answer into fingerprint, answer from pawl.answer a where a.partition = p_partition and a.hash = p_hash;
end
$$;

-- Forgets what has expired, and the oldest answers beyond so many bytes.
create function pawl.prune_answers(p_at bigint, p_bytes bigint) returns void language plpgsql as $$
begin
  delete from pawl.answer a where a.expires_at <= p_at;
  delete from pawl.request q where q.expires_at <= p_at;
  delete from pawl.answer a
    using (select n, sum(bytes) over (order by n desc) as total from pawl.answer) x
    where a.n = x.n and x.total > p_bytes and a.answer is not null;
end
$$;

-- Who let a run go on that was set aside, when, and why; `set_aside` is the reason for which it had been.
create table pawl.resumption (
  n bigint generated always as identity,
  run uuid not null,
  at bigint not null,
  partition smallint not null,
  by text not null,
  reason text,
  set_aside text not null,
  primary key (partition, run, n)
);

-- Takes a run back that was set aside, and tells its owner; answers whether it was set aside. Deaths at
-- its next event are counted anew.
create function pawl.resume(
  p_partition smallint, p_run uuid, p_at bigint, p_by text, p_reason text, p_key uuid, p_id text, p_message text
) returns boolean language plpgsql as $$
declare
  was text;
begin
  delete from pawl.quarantine q where q.partition = p_partition and q.run = p_run returning q.reason into was;
  if not found then
    return false;
  end if;
  delete from pawl.mark m where m.partition = p_partition and m.run = p_run;
  insert into pawl.resumption (partition, run, at, by, reason, set_aside) values (p_partition, p_run, p_at, p_by, p_reason, was);
  insert into pawl.inbox (partition, key, id, run, at, message) values (p_partition, p_key, p_id, p_run, p_at, p_message)
    on conflict do nothing;
  return true;
end
$$;
