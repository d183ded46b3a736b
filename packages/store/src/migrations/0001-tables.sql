-- Everything of Pawl lives in this schema. Every hot table has `partition` (0-255, the last byte of the run id) in its
-- key, has no foreign keys, and holds serialised JSON as text: jsonb would refuse \u0000 and \ud800, reorder keys and turn
-- 1e2 into 100, and a journal must fold to the same state byte for byte. Times are milliseconds since the epoch.
-- Columns are ordered from wide to narrow: a million parked runs pay for each padding byte a million times.

create table pawl.workspace (
  id integer generated always as identity primary key,
  name text not null unique
);

-- Immutable, content-hashed publications. Hot rows refer to a flow by its small number.
create table pawl.flow (
  id integer generated always as identity primary key,
  created_at bigint not null,
  hash bytea not null unique,
  namespace text not null,
  name text not null,
  version text not null,
  document text not null,
  source text not null
);
create index flow_by_name on pawl.flow (namespace, name);

-- What a workspace calls a version. `version_order` sorts as semantic versions do.
create table pawl.flow_name (
  workspace integer not null,
  flow integer not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  version text not null,
  version_order text collate "C" not null,
  primary key (workspace, namespace, name, version)
);
create index flow_name_newest on pawl.flow_name (workspace, namespace, name, version_order);

-- Who may write a partition. Written by takeover and release alone: every commit share-locks these rows.
create table pawl.lease (
  partition smallint primary key,
  epoch bigint not null default 0,
  worker text,
  -- The backend that commits for the owner; a takeover ends it where it stands in the way.
  pid integer,
  backend_start timestamptz
) with (fillfactor = 50);
insert into pawl.lease (partition) select generate_series(0, 255);

-- Living workers. `lock_a, lock_b` is the advisory lock that the worker's beat connection holds.
create table pawl.worker (
  id text primary key,
  beat bigint not null,
  beat_at timestamptz not null,
  lock_a integer not null,
  lock_b integer not null,
  shares boolean not null
) with (fillfactor = 50);

-- Heads. What a million parked runs weigh was measured, and decides the shape of this table: a timer is a column of its
-- head, not a table of its own (100 bytes); keys begin with the run id, whose order is that of time, so that index pages
-- fill up (with the partition first they stay half empty); loaded runs are indexed by partition alone, timers by
-- spans of 2^16 ms: equal keys share one entry; a list walks the primary key. `loaded` and `timer_at` change when a run
-- starts, parks, unparks or ends, and no other change touches an index: `faulted` repeats a status for that reason.
create table pawl.run (
  id uuid not null,
  started_at bigint not null,
  ended_at bigint,
  timer_at bigint,
  flow integer not null,
  workspace integer not null,
  partition smallint not null,
  status "char" not null,
  waiting_for "char" not null,
  loaded boolean not null,
  faulted boolean not null,
  key text,
  primary key (id, partition)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index run_loaded on pawl.run (partition) where loaded;
create index run_timer on pawl.run (partition, (least(timer_at >> 16, 2147483647)::integer)) where timer_at is not null;
create index run_faulted on pawl.run (workspace, id) where faulted;

-- A row holds all events of one run in one commit, at most 2^31 events a run. Ranged by run id, which begins with the
-- time of the start.
create table pawl.journal (
  run uuid not null,
  seq_from integer not null,
  seq_to integer not null,
  checksum integer not null,
  partition smallint not null,
  format smallint not null,
  body text not null,
  primary key (run, seq_from, partition)
) partition by range (run);
create table pawl.journal_default partition of pawl.journal default;

create table pawl.snapshot (
  run uuid not null,
  seq integer not null,
  checksum integer not null,
  partition smallint not null,
  format smallint not null,
  body text not null,
  primary key (partition, run)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

create table pawl.payload (
  run uuid not null,
  partition smallint not null,
  sha256 bytea not null,
  body text not null,
  primary key (partition, run, sha256)
);

-- Start keys, by the sha-256 of workspace, flow and key.
create table pawl.dedup (
  run uuid not null,
  partition smallint not null,
  hash bytea not null,
  fingerprint bytea not null,
  primary key (partition, hash)
);

-- Idempotency-Keys, by the sha-256 of scope and key; partition is that of the hash.
create table pawl.request (
  run uuid not null,
  expires_at bigint not null,
  partition smallint not null,
  hash bytea not null,
  fingerprint bytea not null,
  primary key (partition, hash)
);
create index request_expiry on pawl.request (expires_at);

-- Messages to runs. `n` is the order of acceptance. A start's message has its run's id. `key` stands for the id: a uuid
-- is its own, any other text the beginning of its sha-256; so the index stays narrow, and full where ids are in order.
create table pawl.inbox (
  n bigint generated always as identity,
  at bigint not null,
  key uuid not null,
  run uuid not null,
  partition smallint not null,
  id text not null,
  message text not null,
  primary key (key, partition)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create unique index inbox_order on pawl.inbox (n);

create table pawl.decision (
  run uuid not null,
  asked_at bigint not null,
  decided_at bigint,
  workspace integer not null,
  partition smallint not null,
  id text collate "C" not null,
  step text not null,
  reason text not null,
  decided_by text,
  verdict text,
  message text,
  primary key (partition, run, id)
);
create index decision_by_id on pawl.decision (id);
create index decision_open on pawl.decision (workspace, asked_at, id) where decided_at is null;
create index decision_taken on pawl.decision (workspace, asked_at, id) where decided_at is not null;

-- A run that is being decided after its partition's owners died, and how many of them died at this event.
create table pawl.mark (
  run uuid not null,
  seq integer not null,
  deaths integer not null,
  partition smallint not null,
  worker text not null,
  primary key (partition, run)
);

create table pawl.quarantine (
  run uuid not null,
  at timestamptz not null default now(),
  partition smallint not null,
  reason text not null,
  primary key (partition, run)
);
