import type { AuditEntry } from '@pawl/core';
import { appendCall } from './audit.ts';
import type { Database } from './database.ts';
import { assertStorable, isStorable } from './storable.ts';

/** A named access token as lists show it. Times are milliseconds. */
export interface TokenRow {
  readonly name: string;
  readonly role: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
  /** When it was last used, to some minutes. */
  readonly usedAt: number | null;
}

/** A token that was found by its hash. */
export interface FoundToken extends TokenRow {
  readonly hash: Buffer;
}

/** Access tokens in the store: it knows the hash of a token, never the token. */
export interface TokenStore {
  /** Keeps a token, with its entry in the audit trail. `false`: the workspace has, or had, one of this name. */
  add(token: NewToken, entry: AuditEntry): Promise<boolean>;
  /** Takes a token's rights away, with an entry in the audit trail. `false`: there is none, or it has none any more. */
  revoke(name: string, entry: AuditEntry): Promise<boolean>;
  /** The token of a hash in a workspace, whatever has become of it. */
  find(workspace: string, hash: Buffer): Promise<FoundToken | undefined>;
  get(workspace: string, name: string): Promise<TokenRow | undefined>;
  /** All of a workspace by name, also those that were revoked. */
  list(workspace: string): Promise<readonly TokenRow[]>;
  /** Notes that a token was used. */
  used(hash: Buffer, at: number): Promise<void>;
}

/** A token to be kept. */
export interface NewToken {
  readonly name: string;
  readonly role: string;
  readonly hash: Buffer;
  readonly expiresAt: number | null;
}

const columns = `t.name, t.role, t.created_at as "createdAt", t.created_by as "createdBy", t.expires_at as "expiresAt",
  t.revoked_at as "revokedAt", t.revoked_by as "revokedBy", t.used_at as "usedAt"`;
const ofWorkspace = 'workspace = (select id from pawl.workspace where name = $1)';

/** The access tokens of a database. */
export function openTokenStore(database: Database): TokenStore {
  return {
    async add({ name, role, hash, expiresAt }, entry) {
      assertStorable(name + role, 'The name of the token');
      await database.query('insert into pawl.workspace (name) values ($1) on conflict do nothing', [entry.workspace]);
      const values: unknown[] = [entry.workspace, name, role, hash, expiresAt, entry.at, entry.by];
      const rows = await database.query(
        `with added as (
           insert into pawl.token (workspace, name, role, hash, expires_at, created_at, created_by)
             select w.id, $2, $3, $4, $5, $6, $7 from pawl.workspace w where w.name = $1
             on conflict (workspace, name) do nothing returning name
         )
         select ${appendCall(values, entry)} from added`,
        values,
      );
      return rows.length > 0;
    },
    async revoke(name, entry) {
      if (!isStorable(name)) return false;
      const values: unknown[] = [entry.workspace, name, entry.at, entry.by];
      const rows = await database.query(
        `with revoked as (
           update pawl.token set revoked_at = $3, revoked_by = $4 where ${ofWorkspace} and name = $2 and revoked_at is null returning name
         )
         select ${appendCall(values, entry)} from revoked`,
        values,
      );
      return rows.length > 0;
    },
    async find(workspace, hash) {
      const [row] = await database.query<FoundToken>(
        `select ${columns}, t.hash from pawl.token t where t.${ofWorkspace} and t.hash = $2`,
        [workspace, hash],
      );
      return row;
    },
    async get(workspace, name) {
      if (!isStorable(name)) return undefined;
      const [row] = await database.query<TokenRow>(
        `select ${columns} from pawl.token t where t.${ofWorkspace} and t.name = $2`,
        [workspace, name],
      );
      return row;
    },
    list: (workspace) =>
      database.query<TokenRow>(`select ${columns} from pawl.token t where t.${ofWorkspace} order by t.name`, [
        workspace,
      ]),
    async used(hash, at) {
      await database.query('update pawl.token set used_at = greatest(used_at, $2) where hash = $1', [hash, at]);
    },
  };
}
