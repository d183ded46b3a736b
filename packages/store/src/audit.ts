import type { AuditEntry, Json, ListPage } from '@pawl/core';
import { type AuditRow, firstHash, nextHash } from './audit-chain.ts';
import { pageLimit, readCursor, writeCursor } from './cursors.ts';
import type { Database } from './database.ts';
import { assertStorable } from './storable.ts';

/** What is wrong with an audit trail: the first row that is not what was written, and why. */
export interface AuditBreak {
  readonly seq: number;
  readonly detail: string;
}

/** A whole chain that was read and hashed anew. */
export interface AuditCheck {
  /** Rows that are as they were written. */
  readonly rows: number;
  /** The chain's last hash. Whoever keeps it elsewhere can tell later that nothing before it was written anew. */
  readonly hash: string;
  /** Undefined: the chain holds. */
  readonly broken: AuditBreak | undefined;
}

/** The audit trail of the store; rows are added by what they tell of, in its transaction. */
export interface AuditStore {
  /** Rows of a workspace, the newest first; `since` (ms): none before. */
  list(options: {
    readonly workspace: string;
    readonly since?: number;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<AuditRow>>;
  /** Reads the whole chain of a workspace and hashes it anew. `known`: a row's number and hash that were noted before. */
  verify(workspace: string, known?: { readonly seq: number; readonly hash: string }): Promise<AuditCheck>;
}

/** Rows that are read and hashed at a time. */
const batch = 1_000;
/** A value of more JSON text than this (characters) would make the trail a second journal. */
const longestValue = 16_384;
const columns = `a.seq, a.at, a.by, a.act, a.object, a.reason, a.before, a.after, encode(a.hash, 'hex') as hash`;
const ofWorkspace = 'workspace = (select id from pawl.workspace where name = $1)';

/** The audit trail of a database. */
export function openAuditStore(database: Database): AuditStore {
  return {
    async list({ workspace, since, cursor, limit }) {
      const size = pageLimit(limit);
      const before = readCursor('audit', cursor, ['number']);
      const rows = await database.query<AuditRow>(
        `select ${columns} from pawl.audit a
           where a.${ofWorkspace} and ($2::bigint is null or a.seq < $2) and ($3::bigint is null or a.at >= $3)
           order by a.seq desc limit $4`,
        [workspace, before?.[0] ?? null, since ?? null, size + 1],
      );
      const last = rows.length > size ? rows[size - 1] : undefined;
      return { items: rows.slice(0, size), next: last === undefined ? null : writeCursor('audit', [last.seq]) };
    },
    verify: (workspace, known) => verifyChain(database, workspace, known),
  };
}

/**
 * The call that adds an entry, for the statement that does what it tells of: both are done or neither. Its values are put
 * after those of the statement. `before` is given as SQL where only the statement itself can see it.
 */
export function appendCall(values: unknown[], entry: AuditEntry, sql: { readonly before?: string } = {}): string {
  const { workspace, at, by, act, object, reason, before, after } = entry;
  assertStorable(workspace + by + act + object + (reason ?? ''), 'The name or the reason');
  const first =
    values.push(workspace, at, by, act, object, reason ?? null, storedValue(before), storedValue(after)) - 7;
  const parameter = (index: number, type: string): string => `$${first + index}::${type}`;
  const types = ['text', 'bigint', 'text', 'text', 'text', 'text', 'text', 'text'];
  const parameters = types.map((type, index) => parameter(index, type));
  if (sql.before !== undefined) parameters[6] = `coalesce(${sql.before}, ${parameters[6]})`;
  return `pawl.append_audit(${parameters.join(', ')})`;
}

/** JSON text of a value; of a large one its size alone. */
function storedValue(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value);
  return text.length > longestValue ? JSON.stringify({ characters: text.length }) : text;
}

async function verifyChain(
  database: Database,
  workspace: string,
  known: { readonly seq: number; readonly hash: string } | undefined,
): Promise<AuditCheck> {
  // The end first: what is added meanwhile is not looked at.
  const end = await readEnd(database, workspace);
  let seq = 0;
  let hash = firstHash(workspace);
  const found = (at: number, detail: string): AuditCheck => ({ rows: seq, hash, broken: { seq: at, detail } });
  if (end.beyond !== null) return found(end.beyond, 'It lies beyond the end of the chain: it was put in.');
  for (;;) {
    const rows = await readAfter(database, workspace, seq, end.seq);
    for (const row of rows) {
      if (row.seq !== seq + 1) return found(seq + 1, 'It is not there: it was taken out.');
      if (nextHash(hash, workspace, row) !== row.hash)
        return found(row.seq, 'It is not what was written, or the row before it was another one.');
      if (known?.seq === row.seq && known.hash !== row.hash)
        return found(row.seq, 'Its hash is not the one that was noted: the chain was written anew.');
      ({ seq, hash } = row);
    }
    if (rows.length < batch) break;
  }
  if (seq < end.seq) return found(seq + 1, 'It is not there: the end of the chain was cut off.');
  if (hash !== end.hash) return found(seq, 'It does not end with the hash that the chain ends with.');
  if (known !== undefined && known.seq > seq) return found(seq + 1, 'It is not there, though a later row was noted.');
  return { rows: seq, hash, broken: undefined };
}

interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
  /** The first row after the end; null: there is none. */
  readonly beyond: number | null;
}

async function readEnd(database: Database, workspace: string): Promise<ChainEnd> {
  const [row] = await database.query<{ seq: number | null; hash: string | null; beyond: number | null }>(
    `select h.seq, encode(h.hash, 'hex') as hash,
         (select min(a.seq) from pawl.audit a where a.workspace = w.id and (a.seq > coalesce(h.seq, 0) or a.seq < 1)) as beyond
       from pawl.workspace w left join pawl.audit_head h on h.workspace = w.id where w.name = $1`,
    [workspace],
  );
  return { seq: row?.seq ?? 0, hash: row?.hash ?? firstHash(workspace), beyond: row?.beyond ?? null };
}

function readAfter(database: Database, workspace: string, after: number, until: number): Promise<AuditRow[]> {
  return database.query<AuditRow>(
    `select ${columns} from pawl.audit a where a.${ofWorkspace} and a.seq > $2 and a.seq <= $3 order by a.seq limit ${batch}`,
    [workspace, after, until],
  );
}
