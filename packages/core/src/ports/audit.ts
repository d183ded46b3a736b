import type { Json } from '../json.ts';

/** What somebody did, for the audit trail of a workspace. Secret values are never in it. */
export interface AuditEntry {
  readonly workspace: string;
  /** When (ms). */
  readonly at: number;
  /** Who: the name of a principal. */
  readonly by: string;
  /** What was done to which kind of thing, such as `run.cancel`. */
  readonly act: string;
  /** To which one, such as `run/0193…`. */
  readonly object: string;
  /** Why, in their own words. */
  readonly reason?: string;
  /** What stood there before; absent: nothing, or it does not matter. */
  readonly before?: Json;
  /** What stands there now, or was asked for. */
  readonly after?: Json;
}
