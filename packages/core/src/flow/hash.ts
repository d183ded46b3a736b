import { canonicalJson } from '../json.ts';
import type { Json } from '../json.ts';
import type { Hash } from '../ports.ts';

/** The identity of a flow version: sha-256 over the canonical JSON of its document. Comments and layout don't count. */
export function flowHash(document: Json, hash: Hash): string {
  return hash.sha256(canonicalJson(document));
}
