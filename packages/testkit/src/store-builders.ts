import { createHash, randomBytes } from 'node:crypto';
import type {
  ApiStore,
  Commit,
  DecisionRow,
  FlowVersion,
  InboxRow,
  JournalRow,
  Lease,
  RunHead,
  RunStart,
  StartKey,
  WorkerStore,
} from '@pawl/core';
import { partitionOf } from '@pawl/core';

/** A time that tests count from (ms). */
export const testEpoch = 1_790_000_000_000;

/** A fresh run id in a partition; ids made later sort later, as uuid version 7 does. */
export function newRunId(partition: number): string {
  made += 1;
  const time = (testEpoch + made).toString(16).padStart(12, '0');
  const rest = randomBytes(9).toString('hex');
  const last = partition.toString(16).padStart(2, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 16)}${last}`;
}
let made = 0;

/** sha-256 of a text, lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Publishes a flow version in the workspace `default` and answers it. */
export async function deployFlow(api: ApiStore, name = 'orders', version = '1.0.0'): Promise<FlowVersion> {
  const flow = flowVersion(name, version);
  await api.deploy(flow, { workspace: 'default', named: true });
  return flow;
}

/** A flow version whose hash follows from its document. */
export function flowVersion(name: string, version: string, note = ''): FlowVersion {
  const document = JSON.stringify({ document: { namespace: 'test', name, version, summary: note }, do: [] });
  return {
    hash: sha256(document),
    namespace: 'test',
    name,
    version,
    document,
    source: `# ${name}\n`,
    createdAt: testEpoch,
  };
}

/** Takes a partition over, whoever owns it. */
export async function own(worker: WorkerStore, partition: number): Promise<Lease> {
  const { leases } = await worker.view();
  const epoch = leases.find((lease) => lease.partition === partition)?.epoch ?? 0;
  const lease = await worker.takeOver(partition, epoch);
  if (lease === undefined) throw new Error(`partition ${partition} was taken by somebody else`);
  return lease;
}

/** A commit of these rows and nothing else. */
export function commitOf(leases: readonly Lease[], rows: Partial<Omit<Commit, 'leases'>>): Commit {
  const none = {
    starts: [],
    journal: [],
    heads: [],
    snapshots: [],
    payloads: [],
    timers: [],
    decisions: [],
    consumed: [],
  };
  return { ...none, ...rows, leases };
}

/** A new run of a flow; `key` makes it a keyed start. */
export function startOf(run: string, flow: string, key: StartKey | null = null): RunStart {
  const startedAt = testEpoch + 5;
  return {
    partition: partitionOf(run),
    run,
    workspace: 'default',
    flow,
    startedAt,
    status: 'running',
    waitingFor: null,
    key,
  };
}

/** A start key with its hashes; `input` is what the fingerprint stands for. */
export function keyOf(key: string, input = '{}'): StartKey {
  return { key, keyHash: sha256(JSON.stringify(['default', 'test', 'orders', key])), fingerprint: sha256(input) };
}

/** A journal row of one event a number, from `from` to `to`. */
export function journalOf(run: string, from: number, to = from, body = `[{"t":"e","n":${from}}]`): JournalRow {
  return { partition: partitionOf(run), run, from, to, format: 1, body, checksum: 4_000_000_000 + from };
}

/** A head change; by default the run goes on, in memory. */
export function headOf(run: string, change: Partial<Omit<RunHead, 'partition' | 'run'>> = {}): RunHead {
  const head = { status: 'running', waitingFor: null, loaded: true, endedAt: null } as const;
  return { partition: partitionOf(run), run, ...head, ...change };
}

/** An open question of a run. */
export function questionOf(run: string, id: string, askedAt = testEpoch): DecisionRow {
  return {
    partition: partitionOf(run),
    run,
    id,
    step: '/do/0/pay',
    askedAt,
    reason: 'the answer was lost',
    decided: null,
  };
}

/** A cancel message to a run. */
export function cancelOf(run: string, id: string, reason = 'no longer wanted'): InboxRow {
  return { partition: partitionOf(run), id, run, at: testEpoch + 9, message: { kind: 'cancel', by: 'lena', reason } };
}
