import type { AuditEntry, Json } from '@pawl/core';
import { PawlError } from '@pawl/core';
import { appendCall } from './audit.ts';
import type { Database } from './database.ts';
import { assertStorable, isStorable } from './storable.ts';

/** What is sealed: a secret of flows, or a connection of actions. Names are unique within a kind and a workspace. */
export type SealedKind = 'secret' | 'connection';

/** Which secret or connection. */
export interface SealedName {
  readonly workspace: string;
  readonly kind: SealedKind;
  readonly name: string;
}

/** What a list shows: everything but the value. */
export interface SealedHead extends SealedName {
  /** Grows by one with each change, a removal in between included. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  /** JSON text of what is no secret. */
  readonly settings: string;
}

/** A sealed value as it lies in the store. */
export interface SealedRow extends SealedHead {
  /** Names the master key that wraps `wrappedKey`. */
  readonly keyId: string;
  readonly wrappedKey: Buffer;
  readonly sealed: Buffer;
}

/** A value to be kept. */
export type NewSealedRow = Omit<SealedRow, 'createdAt'>;

/** A line of the record of changes. */
export interface SecretChange {
  readonly at: number;
  readonly kind: SealedKind | null;
  readonly name: string | null;
  readonly version: number | null;
  readonly change: 'set' | 'remove' | 'rotate-key';
  readonly by: string;
  readonly settings: string | null;
}

/** Sealed values in the store: it knows no key and no value. Times are milliseconds. */
export interface SealedStore {
  /** Names the key that values are sealed with; undefined before the first. */
  keyId(): Promise<string | undefined>;
  /** Names another key for values to come, unless the one named is not `before` any more. Answers the one that is named then. */
  nameKey(id: string, before: string | undefined): Promise<string>;
  /** Number of the next version. */
  nextVersion(of: SealedName): Promise<number>;
  /** Keeps a value, with a line in the record and an entry in the audit trail. `raced`: that version is there. `other-key`: values are sealed with another key. */
  put(row: NewSealedRow, reason?: string): Promise<'put' | 'raced' | 'other-key'>;
  get(of: SealedName): Promise<SealedRow | undefined>;
  /** All of a kind by name. */
  list(workspace: string, kind: SealedKind): Promise<readonly SealedHead[]>;
  /** Removes a value, with a line in the record and an entry in the audit trail; whether it was there. */
  remove(of: SealedName, by: string, at: number, reason?: string): Promise<boolean>;
  /** Values whose data key another key than this one wraps, at most `limit`, of all workspaces. */
  underOtherKeys(id: string, limit: number): Promise<readonly SealedRow[]>;
  /** Puts a data key that was wrapped anew in the place of the old one, unless the value has changed meanwhile. */
  rewrap(row: SealedRow, keyId: string, wrappedKey: Buffer): Promise<void>;
  /** Adds the line of a rotation to the record, and its entry to the audit trail. */
  noteRotation(entry: AuditEntry): Promise<void>;
  /** The record of changes of a workspace, and all rotations, the newest first. */
  changes(workspace: string, limit: number): Promise<readonly SecretChange[]>;
  /** Named flow versions of a workspace whose document mentions one of these texts. */
  documentsWith(
    workspace: string,
    texts: readonly string[],
  ): Promise<readonly { readonly namespace: string; readonly name: string; readonly document: string }[]>;
}

const head = `w.name as workspace, s.kind, s.name, s.version, s.created_at as "createdAt", s.updated_at as "updatedAt",
  s.updated_by as "updatedBy", s.settings`;
const whole = `${head}, s.key_id as "keyId", s.wrapped_key as "wrappedKey", s.sealed`;
const joined = 'pawl.secret s join pawl.workspace w on w.id = s.workspace';
/** Documents that one look at the flows reads. */
const mostDocuments = 10_000;

/** The sealed values of a database. */
export function openSealedStore(database: Database): SealedStore {
  return {
    keyId: () => readKeyId(database),
    async nameKey(id, before) {
      if (before === undefined)
        await database.query('insert into pawl.secret_key (key_id) values ($1) on conflict do nothing', [id]);
      else await database.query('update pawl.secret_key set key_id = $1 where key_id = $2', [id, before]);
      return (await readKeyId(database)) ?? id;
    },
    async nextVersion({ workspace, kind, name }) {
      const [row] = await database.query<{ next: number }>(
        `select coalesce(max(version), 0) + 1 as next from pawl.secret_change
           where workspace = (select id from pawl.workspace where name = $1) and kind = $2 and name = $3`,
        [workspace, kind, name],
      );
      return row?.next ?? 1;
    },
    put: (row, reason) => putRow(database, row, reason),
    async get({ workspace, kind, name }) {
      if (!isStorable(workspace + name)) return undefined;
      const [row] = await database.query<SealedRow>(
        `select ${whole} from ${joined} where w.name = $1 and s.kind = $2 and s.name = $3`,
        [workspace, kind, name],
      );
      return row;
    },
    list: (workspace, kind) =>
      database.query<SealedHead>(`select ${head} from ${joined} where w.name = $1 and s.kind = $2 order by s.name`, [
        workspace,
        kind,
      ]),
    remove: (of, by, at, reason) => removeRow(database, of, { by, at, ...(reason === undefined ? {} : { reason }) }),
    underOtherKeys: (id, limit) =>
      database.query<SealedRow>(
        `select ${whole} from ${joined} where s.key_id <> $1 order by s.workspace, s.kind, s.name limit $2`,
        [id, limit],
      ),
    async rewrap(row, keyId, wrappedKey) {
      await database.query(
        `update pawl.secret set key_id = $1, wrapped_key = $2
           where workspace = (select id from pawl.workspace where name = $3) and kind = $4 and name = $5 and version = $6 and key_id = $7`,
        [keyId, wrappedKey, row.workspace, row.kind, row.name, row.version, row.keyId],
      );
    },
    async noteRotation(entry) {
      const values: unknown[] = [entry.at, entry.by];
      await database.query(
        `with noted as (insert into pawl.secret_change (at, change, by) values ($1, 'rotate-key', $2) returning id)
         select ${appendCall(values, entry)} from noted`,
        values,
      );
    },
    changes: (workspace, limit) =>
      database.query<SecretChange>(
        `select at, kind, name, version, change, by, settings from pawl.secret_change
           where workspace is null or workspace = (select id from pawl.workspace where name = $1) order by id desc limit $2`,
        [workspace, limit],
      ),
    documentsWith: (workspace, texts) =>
      database.query(
        `select distinct n.namespace, n.name, f.document from pawl.flow_name n join pawl.flow f on f.id = n.flow
           where n.workspace = (select id from pawl.workspace where name = $1)
             and exists (select from unnest($2::text[]) as t(text) where position(t.text in f.document) > 0)
           limit ${mostDocuments}`,
        [workspace, texts],
      ),
  };
}

async function readKeyId(database: Database): Promise<string | undefined> {
  const [row] = await database.query<{ id: string }>('select key_id as id from pawl.secret_key');
  return row?.id;
}

/**
 * One statement: the value is kept only while its key is the one that is named, which a rotation changes first, and only
 * as the newest version.
 */
async function putRow(
  database: Database,
  row: NewSealedRow,
  reason: string | undefined,
): Promise<'put' | 'raced' | 'other-key'> {
  assertStorable(row.workspace + row.name + row.updatedBy + row.settings, 'The name or a setting');
  await database.query('insert into pawl.workspace (name) values ($1) on conflict do nothing', [row.workspace]);
  const { updatedAt, workspace, version, kind, name, updatedBy, settings, keyId, wrappedKey, sealed } = row;
  const values: unknown[] = [updatedAt, workspace, version, kind, name, updatedBy, settings, keyId, wrappedKey, sealed];
  const entry = {
    ...{ workspace, at: updatedAt, by: updatedBy, act: `${kind}.set`, object: `${kind}/${name}` },
    ...(reason === undefined ? {} : { reason }),
    after: { version, settings: JSON.parse(settings) as Json },
  };
  const [answer] = await database.query<{ put: boolean; keyId: string | null }>(
    `with named as materialized (select key_id from pawl.secret_key for share),
       put as (
         insert into pawl.secret as s (created_at, updated_at, workspace, version, kind, name, updated_by, settings, key_id, wrapped_key, sealed)
           select $1, $1, (select id from pawl.workspace where name = $2), $3, $4, $5, $6, $7, $8, $9, $10 from named where key_id = $8
           on conflict (workspace, kind, name) do update set updated_at = excluded.updated_at, version = excluded.version,
             updated_by = excluded.updated_by, settings = excluded.settings, key_id = excluded.key_id,
             wrapped_key = excluded.wrapped_key, sealed = excluded.sealed
             where s.version < excluded.version
           returning workspace, version
       ),
       noted as (
         insert into pawl.secret_change (at, workspace, version, kind, name, change, by, settings)
           select $1, workspace, version, $4, $5, 'set', $6, $7 from put
       )
     select exists (select from put) as put, (select key_id from named) as "keyId",
       (select ${appendCall(values, entry, { before: stoodThere('$2', '$4', '$5') })} from put) as audit`,
    values,
  );
  if (answer === undefined) throw new PawlError('PAWL_INTERNAL', 'a sealed value was answered with nothing');
  if (answer.put) return 'put';
  return answer.keyId === row.keyId ? 'raced' : 'other-key';
}

/** What a secret or connection was before the statement; nothing of its value. */
function stoodThere(workspace: string, kind: string, name: string): string {
  return `(select json_build_object('version', b.version, 'settings', b.settings::json)::text from pawl.secret b
    where b.workspace = (select id from pawl.workspace where name = ${workspace}) and b.kind = ${kind} and b.name = ${name})`;
}

async function removeRow(
  database: Database,
  { workspace, kind, name }: SealedName,
  who: { readonly by: string; readonly at: number; readonly reason?: string },
): Promise<boolean> {
  if (!isStorable(workspace + name)) return false;
  const values: unknown[] = [workspace, kind, name, who.at, who.by];
  const entry = { workspace, ...who, act: `${kind}.remove`, object: `${kind}/${name}` };
  const rows = await database.query<{ version: number }>(
    `with gone as (
         delete from pawl.secret
           where workspace = (select id from pawl.workspace where name = $1) and kind = $2 and name = $3
           returning workspace, version
       ), noted as (
         insert into pawl.secret_change (at, workspace, version, kind, name, change, by)
           select $4, workspace, version, $2, $3, 'remove', $5 from gone returning version
       )
     select version, ${appendCall(values, entry, { before: stoodThere('$1', '$2', '$3') })} as audit from noted`,
    values,
  );
  return rows.length > 0;
}
