import type { Commit, CommitResult, Log } from '@pawl/core';
import { ensureError, invariant, UnknownCommitError } from '@pawl/core';
import type pg from 'pg';
import { type CommitCall, commitCall } from './commit-call.ts';
import type { Database } from './database.ts';
import type { Names } from './names.ts';
import { abandon, connectSession, endQuietly, withDeadline } from './session.ts';
import type { Lineage } from './lineage.ts';
import { meetTimeoutMs } from './lineage.ts';
import { commitError, isLockTimeout, isReadOnly, isUnconfirmed, isWorthRepeating, unreachable } from './sql-errors.ts';

/** A server process, told from a later one with the same number by its start. */
export interface Backend {
  readonly pid: number;
  readonly startedAt: string;
}

/** The one connection on which a worker commits. */
export interface CommitLine {
  commit(commit: Commit): Promise<CommitResult>;
  /** The server process of this line, connected first where needed: takeovers write it into the lease. */
  backend(): Promise<Backend>;
  close(): Promise<void>;
}

/** How long the reply of a commit is waited for (ms); then nobody knows, and the caller takes over from itself. */
const replyTimeoutMs = 20_000;
/** How long a new connection may take to tell its server process (ms). */
const backendTimeoutMs = 5_000;
/** Times that a commit which the server rolled back for no reason of its own (deadlock) is sent. */
const commitTries = 5;
/** How long a takeover-like write of our own leases waits for an old backend of ours to be gone (ms). */
const endWaitMs = 1_000;
const rebindTries = 5;

interface Line {
  readonly client: pg.Client;
  readonly backend: Backend;
  open: boolean;
  /** A warning of the statement under way that its commit may exist here alone. */
  unconfirmed: Error | undefined;
}

/** The commit line of a worker. It connects at its first use, and again after a loss. */
export function openCommitLine(database: Database, names: Names, worker: string, lineage: Lineage): CommitLine {
  let line: Promise<Line> | undefined;
  let closed = false;
  /** One commit at a time: what a reply or a warning belongs to is never in doubt. */
  let last: Promise<unknown> = Promise.resolve();

  function connected(): Promise<Line> {
    if (closed) return Promise.reject(unreachable(new Error('the worker has left')));
    line ??= connect(database, worker, lineage, () => {
      line = undefined;
    }).catch((error: unknown) => {
      line = undefined;
      throw unreachable(error);
    });
    return line;
  }

  return {
    async commit(commit) {
      assertFenced(commit);
      await names.learn(workspacesOf(commit), flowsOf(commit));
      const call = commitCall(commit, names);
      const result = last.then(async () => {
        const reply = await send(await connected(), call, database.log);
        lineage.committed(commit, reply);
        return reply;
      });
      last = result.catch(() => {});
      return result;
    },
    backend: async () => (await connected()).backend,
    async close() {
      closed = true;
      await last;
      const open = await line?.catch(() => undefined);
      if (open !== undefined) await endQuietly(open.client);
    },
  };
}

function workspacesOf({ starts, events = [], subscribe = [] }: Commit): string[] {
  return [...starts, ...events, ...subscribe].map((row) => row.workspace);
}

function flowsOf({ starts, schedules = [] }: Commit): string[] {
  return [...starts, ...schedules].map((row) => row.flow);
}

/** A row of a partition that the commit names no lease of would be written without a fence: a bug of the caller. */
function assertFenced(commit: Commit): void {
  const leased = new Set(commit.leases.map((lease) => lease.partition));
  const { starts, journal, heads, snapshots, payloads, timers, decisions, consumed, schedules = [] } = commit;
  for (const rows of [starts, journal, heads, snapshots, payloads, timers, decisions, consumed, schedules]) {
    for (const { partition } of rows)
      invariant(leased.has(partition), `a commit has no lease of partition ${partition}`);
  }
}

async function send(line: Line, call: CommitCall, log: Log): Promise<CommitResult> {
  for (let tries = 1; ; tries += 1) {
    // Found out before anything was sent: surely nothing was written.
    if (!line.open) throw unreachable(new Error('the connection was lost'));
    line.unconfirmed = undefined;
    try {
      const query = line.client.query<{ lost: string | null }>({ ...call });
      const { rows } = await withDeadline(line.client, replyTimeoutMs, query);
      if (line.unconfirmed !== undefined) throw new UnknownCommitError(line.unconfirmed);
      const lost = rows[0]?.lost;
      return { lost: lost === null || lost === undefined ? [] : (JSON.parse(lost) as CommitResult['lost']) };
    } catch (error) {
      if (error instanceof UnknownCommitError) throw error;
      if (isReadOnly(error)) {
        line.open = false;
        abandon(line.client, ensureError(error));
      }
      if (!isWorthRepeating(error) || tries === commitTries) throw commitError(error);
      log.debug({ tries }, 'a commit was rolled back by the server and is sent again');
    }
  }
}

async function connect(database: Database, worker: string, lineage: Lineage, onLost: () => void): Promise<Line> {
  const client = await connectSession(database.connection, 'commit');
  try {
    // Before anything is written: a lease of a history that the database has lost may look as if it still held.
    await withDeadline(client, meetTimeoutMs, lineage.meet(client));
    const backend = await withDeadline(client, backendTimeoutMs, backendOf(client));
    const line: Line = { client, backend, open: true, unconfirmed: undefined };
    client.on('end', () => {
      line.open = false;
      onLost();
    });
    client.on('notice', (notice) => {
      if (isUnconfirmed(notice)) line.unconfirmed = new Error(notice.message ?? 'no standby has confirmed it');
    });
    await rebind(database, worker, backend);
    return line;
  } catch (error) {
    await endQuietly(client);
    throw error;
  }
}

async function backendOf(client: pg.Client): Promise<Backend> {
  const { rows } = await client.query<{ pid: number; start: string }>(
    'select pid, backend_start::text as start from pg_catalog.pg_stat_activity where pid = pg_backend_pid()',
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the server does not show its own session');
  return { pid: row.pid, startedAt: row.start };
}

/**
 * Leases name the backend that commits for their owner, so that a takeover can end it: after a loss of the connection
 * they name the new one. An old one that is still at work is ended first.
 */
async function rebind(database: Database, worker: string, backend: Backend): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await database.query('select pawl.rebind($1, $2, $3)', [worker, backend.pid, backend.startedAt]);
      return;
    } catch (error) {
      if (!isLockTimeout(error) || tries === rebindTries) throw error;
      await database.query(
        `select pg_terminate_backend(a.pid, $2) from pg_catalog.pg_stat_activity a
           where exists (select from pawl.lease l where l.worker = $1 and l.pid = a.pid and l.backend_start = a.backend_start)`,
        [worker, endWaitMs],
      );
    }
  }
}
