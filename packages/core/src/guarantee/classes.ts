/**
 * What a repeat of an effect does, from harmless to harmful.
 * - `pure` changes nothing outside
 * - `idempotent` a repeat leaves the same state
 * - `keyed` the target ignores a repeat of the key while it remembers it
 * - `transactional` the effect and a row with its key commit in the target's own transaction
 * - `once` a repeat would harm and the target cannot tell
 */
export type Guarantee = 'pure' | 'idempotent' | 'keyed' | 'transactional' | 'once';

/** All guarantees, in the order above. */
export const guarantees: readonly Guarantee[] = ['pure', 'idempotent', 'keyed', 'transactional', 'once'];

/** How a keyed target takes the effect key. */
export interface KeyIn {
  readonly place: 'header' | 'query' | 'body';
  readonly name: string;
  /** How long the target remembers a key (ms). */
  readonly retentionMs: number;
}

/** The guarantee of an HTTP request that nobody declared. Source: RFC 9110 §9.2. */
export function httpGuarantee(method: string, keyIn: KeyIn | undefined): Guarantee {
  switch (method.toUpperCase()) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
      return 'pure';
    case 'PUT':
    case 'DELETE':
      return 'idempotent';
    default:
      return keyIn === undefined ? 'once' : 'keyed';
  }
}
