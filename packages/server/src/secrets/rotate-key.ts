import { PawlError } from '@pawl/core';
import type { SealedStore } from '@pawl/store';
import type { KeyRing } from './key-ring.ts';
import { rewrap } from './seal.ts';

/** What a rotation did. */
export interface Rotated {
  /** Id of the key that wraps every value now. */
  readonly key: string;
  /** Values that were wrapped anew by this call. */
  readonly values: number;
}

/** Who rotates the key and why, and whose audit trail tells of it. */
interface Rotation {
  readonly by: string;
  readonly reason?: string;
  readonly now: () => number;
  readonly workspace: string;
}

/** Values that are wrapped between two looks at the store. */
const batch = 100;

/**
 * Wraps all values by another master key. Each step can be the last one of a process, and the next call goes on from
 * there: the new key is on disk before anything is wrapped by it; the store names it before the others are wrapped, so
 * that nothing new comes under the old one; and the old one goes when nothing is left under it.
 */
export async function rotateKey(
  store: SealedStore,
  keys: KeyRing,
  { by, reason, now, workspace }: Rotation,
): Promise<Rotated> {
  const named = await store.keyId();
  if (named === undefined)
    throw new PawlError('PAWL_SECRET_INVALID', 'There are no secrets yet, so that there is no key to rotate.');
  // Before anything is changed: without the old key nothing could be wrapped anew.
  await keys.find(named);
  const { key, finish } = await keys.rotation();
  if ((await store.nameKey(key.id, named)) !== key.id) throw taken();
  let values = 0;
  for (;;) {
    const rows = await store.underOtherKeys(key.id, batch);
    if (rows.length === 0) break;
    for (const row of rows) await store.rewrap(row, key.id, rewrap(await keys.find(row.keyId), key, row));
    values += rows.length;
  }
  if ((await store.keyId()) !== key.id) throw taken();
  await finish();
  const why = reason === undefined ? {} : { reason };
  const did = { act: 'secret-key.rotate', object: 'secret-key', before: { key: named }, after: { key: key.id } };
  await store.noteRotation({ workspace, at: now(), by, ...why, ...did });
  return { key: key.id, values };
}

function taken(): PawlError {
  return new PawlError('PAWL_UNAVAILABLE', 'Another rotation of the key is under way; wait for it, then try again.');
}
