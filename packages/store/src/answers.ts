import { createHash } from 'node:crypto';
import type { ApiStore, KeyedWork, KnownAnswer } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import type { Database } from './database.ts';

/** Bytes of one answer that is kept, and of all of them: a repeat beyond that is carried out again, which does no harm. */
const longestAnswer = 1_048_576;
const allAnswers = 67_108_864;
/** One answer in so many is followed by a look at what is to be forgotten. */
const keptPerPrune = 64;

let kept = 0;

/** Takes an Idempotency-Key; see `ApiStore.takeKey`. */
export async function takeKey(
  database: Database,
  request: Parameters<ApiStore['takeKey']>[0],
): Promise<KnownAnswer | 'taken'> {
  const hash = hashOf(request);
  const [row] = await database.query<{ taken: boolean; fingerprint: string | null; answer: string | null }>(
    `select k.taken, encode(k.fingerprint, 'hex') as fingerprint, k.answer
       from pawl.take_key($1, decode($2, 'hex'), decode($3, 'hex'), $4, $5) k`,
    [partitionOf(hash), hash, request.fingerprint, request.at, request.until],
  );
  // Without a row its holder has given the key back this very moment: whoever asks again gets it.
  if (row === undefined || row.taken) return 'taken';
  return { fingerprint: row.fingerprint ?? request.fingerprint, answer: row.answer };
}

/** Keeps or gives back; see `ApiStore.keepAnswer`. */
export async function keepAnswer(database: Database, request: Parameters<ApiStore['keepAnswer']>[0]): Promise<void> {
  const hash = hashOf(request);
  const { answer, until, at } = request;
  const bytes = answer === null ? 0 : Buffer.byteLength(answer);
  if (answer === null || bytes > longestAnswer) {
    await database.query("delete from pawl.answer where partition = $1 and hash = decode($2, 'hex')", [
      partitionOf(hash),
      hash,
    ]);
    return;
  }
  await database.query(
    "update pawl.answer set answer = $3, bytes = $4, expires_at = $5 where partition = $1 and hash = decode($2, 'hex')",
    [partitionOf(hash), hash, answer, bytes, until],
  );
  kept += 1;
  if (kept % keptPerPrune === 1) await database.query('select pawl.prune_answers($1, $2)', [at, allAnswers]);
}

function hashOf({ scope, key }: KeyedWork): string {
  return createHash('sha256')
    .update(JSON.stringify([scope, key]))
    .digest('hex');
}
