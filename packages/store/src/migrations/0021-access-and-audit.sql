-- Who may ask, and who did what. Needs 0015 (`pawl.refuse_change`).

-- Named access tokens of a workspace. A token itself is nowhere: only the sha-256 of its 256 random bits. Rows stay when a
-- token is revoked, so that its name, which stands in journals, never means somebody else.
create table pawl.token (
  workspace integer not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  -- Coarse: written at most once in five minutes.
  used_at bigint,
  name text collate "C" not null,
  role text not null,
  created_by text not null,
  revoked_by text,
  hash bytea not null unique,
  primary key (workspace, name)
);

-- The audit trail: what people did, one chain a workspace. Each row's hash covers the hash before it and every other column
-- of the row, so that a row that was changed, taken out or put in breaks the chain from there on.
create table pawl.audit (
  seq bigint not null,
  at bigint not null,
  workspace integer not null,
  by text not null,
  act text not null,
  object text not null,
  reason text,
  -- JSON.
  before text,
  after text,
  hash bytea not null,
  primary key (workspace, seq)
);
create index audit_by_time on pawl.audit (workspace, at);
create trigger only_added before update or delete or truncate on pawl.audit
  for each statement execute function pawl.refuse_change();

-- Where each chain ends: rows that were cut off there show. Its row is what appends wait for, one after the other.
create table pawl.audit_head (
  workspace integer primary key,
  seq bigint not null,
  hash bytea not null
);

-- One column in what is hashed: its length, then its bytes, so that no two rows give the same text.
create function pawl.audit_part(value text) returns text language sql immutable set search_path = '' as $$
  select case when value is null then '-' else pg_catalog.octet_length(pg_catalog.convert_to(value, 'UTF8')) || ':' || value end || ','
$$;

-- Adds a row, in the transaction of the act itself, and last in it: nothing else is waited for while the chain is held.
create function pawl.append_audit(
  p_workspace text, p_at bigint, p_by text, p_act text, p_object text, p_reason text, p_before text, p_after text
) returns bigint language plpgsql as $$
declare
  workspace_id integer;
  next_seq bigint;
  last_hash bytea;
  next_hash bytea;
begin
  insert into pawl.workspace (name) values (p_workspace) on conflict do nothing;
  select w.id into strict workspace_id from pawl.workspace w where w.name = p_workspace;
  insert into pawl.audit_head (workspace, seq, hash)
    values (workspace_id, 0, sha256(convert_to('pawl audit ' || p_workspace, 'UTF8')))
    on conflict do nothing;
  select h.seq + 1, h.hash into strict next_seq, last_hash from pawl.audit_head h where h.workspace = workspace_id for update;
  next_hash := sha256(last_hash || convert_to(
    pawl.audit_part(next_seq::text) || pawl.audit_part(p_at::text) || pawl.audit_part(p_workspace) || pawl.audit_part(p_by)
      || pawl.audit_part(p_act) || pawl.audit_part(p_object) || pawl.audit_part(p_reason) || pawl.audit_part(p_before)
      || pawl.audit_part(p_after), 'UTF8'));
  insert into pawl.audit (seq, at, workspace, by, act, object, reason, before, after, hash)
    values (next_seq, p_at, workspace_id, p_by, p_act, p_object, p_reason, p_before, p_after, next_hash);
  update pawl.audit_head set seq = next_seq, hash = next_hash where workspace = workspace_id;
  return next_seq;
end
$$;
