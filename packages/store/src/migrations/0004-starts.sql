-- Accepts a start: Idempotency-Key first, then the start key, then the message, in one transaction. Sent again with the
-- same run id it changes nothing. `p_request_hash` and `p_key_hash` are null where there is no such key.
create function pawl.start(
  p_partition smallint, p_run uuid, p_at bigint, p_message text, p_key_hash bytea, p_fingerprint bytea,
  p_request_partition smallint, p_request_hash bytea, p_request_fingerprint bytea, p_request_expires bigint,
  out run uuid, out replayed boolean, out mismatch boolean
) language plpgsql as $$
declare
  winner record;
begin
  run := p_run;
  replayed := false;
  mismatch := false;

  if p_request_hash is not null then
    delete from pawl.request q
      where q.partition = p_request_partition and q.hash = p_request_hash and q.expires_at <= p_at;
    insert into pawl.request (partition, hash, run, fingerprint, expires_at)
      values (p_request_partition, p_request_hash, p_run, p_request_fingerprint, p_request_expires)
      on conflict do nothing;
    -- Not in the same statement: it would not see the row that it waited for.
    select q.run, q.fingerprint into strict winner from pawl.request q
      where q.partition = p_request_partition and q.hash = p_request_hash;
    if winner.run <> p_run then
      run := winner.run;
      replayed := true;
      mismatch := winner.fingerprint <> p_request_fingerprint;
      return;
    end if;
  end if;

  if p_key_hash is not null then
    insert into pawl.dedup (partition, hash, run, fingerprint)
      values (p_partition, p_key_hash, p_run, p_fingerprint)
      on conflict do nothing;
    select d.run, d.fingerprint into strict winner from pawl.dedup d
      where d.partition = p_partition and d.hash = p_key_hash;
    if winner.run <> p_run then
      run := winner.run;
      replayed := true;
      mismatch := winner.fingerprint <> p_fingerprint;
      -- A replay is remembered under the Idempotency-Key, a refusal is not: its sender may mend and send it again.
      if mismatch then
        delete from pawl.request q
          where q.partition = p_request_partition and q.hash = p_request_hash and q.run = p_run;
      else
        update pawl.request q set run = winner.run
          where q.partition = p_request_partition and q.hash = p_request_hash and q.run = p_run;
      end if;
      return;
    end if;
  end if;

  insert into pawl.inbox (partition, key, id, run, at, message) values (p_partition, p_run, p_run::text, p_run, p_at, p_message)
    on conflict do nothing;
  -- Sent again while its owner began it: the message was consumed in between, and came back by the insert above.
  delete from pawl.inbox i
    where i.partition = p_partition and i.key = p_run
      and exists (select from pawl.run r where r.partition = p_partition and r.id = p_run);
end
$$;

-- Publishes a flow version: 'created', 'unchanged', or 'exists' (other content under that name; nothing changed).
create function pawl.deploy(
  p_workspace text, p_named boolean, p_hash bytea, p_namespace text, p_name text, p_version text,
  p_version_order text, p_document text, p_source text, p_created_at bigint
) returns text language plpgsql as $$
declare
  workspace_id integer;
  flow_id integer;
  named_id integer;
  is_new boolean;
begin
  if p_named then
    insert into pawl.workspace (name) values (p_workspace) on conflict do nothing;
    select w.id into strict workspace_id from pawl.workspace w where w.name = p_workspace;
    select n.flow into named_id from pawl.flow_name n
      where n.workspace = workspace_id and n.namespace = p_namespace and n.name = p_name and n.version = p_version;
    if named_id is not null then
      return case when exists (select from pawl.flow f where f.id = named_id and f.hash = p_hash) then 'unchanged' else 'exists' end;
    end if;
  end if;
  insert into pawl.flow (hash, namespace, name, version, document, source, created_at)
    values (p_hash, p_namespace, p_name, p_version, p_document, p_source, p_created_at)
    on conflict do nothing;
  is_new := found;
  select f.id into strict flow_id from pawl.flow f where f.hash = p_hash;
  if not p_named then
    return case when is_new then 'created' else 'unchanged' end;
  end if;
  insert into pawl.flow_name (workspace, namespace, name, version, version_order, flow)
    values (workspace_id, p_namespace, p_name, p_version, p_version_order, flow_id)
    on conflict do nothing;
  if found then
    return 'created';
  end if;
  -- Somebody published this version in the meantime.
  select n.flow into strict named_id from pawl.flow_name n
    where n.workspace = workspace_id and n.namespace = p_namespace and n.name = p_name and n.version = p_version;
  return case when named_id = flow_id then 'unchanged' else 'exists' end;
end
$$;
