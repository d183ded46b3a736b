import { createHash } from 'node:crypto';

/** A row of the audit trail as it lies in the store. `before` and `after` are JSON text. */
export interface AuditRow {
  readonly seq: number;
  /** When (ms). */
  readonly at: number;
  readonly by: string;
  readonly act: string;
  readonly object: string;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  /** sha-256 of the hash before it and of all of the above, lower-case hex. */
  readonly hash: string;
}

/** What every chain of a workspace begins with. */
export function firstHash(workspace: string): string {
  return createHash('sha256').update(`pawl audit ${workspace}`).digest('hex');
}

/** The hash that a row must have after the one before it; the same as in `pawl.append_audit`. */
export function nextHash(previous: string, workspace: string, row: Omit<AuditRow, 'hash'>): string {
  const { seq, at, by, act, object, reason, before, after } = row;
  const content = [String(seq), String(at), workspace, by, act, object, reason, before, after].map(part).join('');
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(content).digest('hex');
}

function part(value: string | null): string {
  return value === null ? '-,' : `${Buffer.byteLength(value)}:${value},`;
}
