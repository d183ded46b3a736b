import { createHash } from 'node:crypto';
import { isRunId } from './storable.ts';

/** The uuid by which a message is found: its id where that is one (a start's is its run's), else part of the id's sha-256. */
export function messageKey(id: string): string {
  if (isRunId(id) && id === id.toLowerCase()) return id;
  const hex = createHash('sha256').update(id).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
