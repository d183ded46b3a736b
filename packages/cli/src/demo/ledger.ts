import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { canonicalJson, isObject, type Json, type JsonObject } from '@pawl/core';

/** One effect, as it was applied. */
export interface Effect {
  readonly at: string;
  /** What it is an effect on, such as `charges`. */
  readonly kind: string;
  readonly key: string;
  readonly body: JsonObject;
}

/** What a request with a key led to. */
export type Applied = { readonly effect: Effect; readonly first: boolean } | 'other body';

/** Effects by their key, on disk: it remembers what it has done although it is killed. */
export interface Ledger {
  /** Applies an effect unless its key was used; counts the request. */
  apply(kind: string, key: string, body: JsonObject): Applied;
  effects(kind: string): readonly Effect[];
  /** Requests that came for a key since this process began. */
  requests(kind: string, key: string): number;
  /** Counts a request that was answered without an effect. */
  countRequest(kind: string, key: string): number;
  close(): void;
}

/** Opens a ledger file, a JSON object a line; it is made where it is missing. Throws Node's own file errors. */
export function openLedger(file: string): Ledger {
  const known = readEffects(file);
  const requests = new Map<string, number>();
  const descriptor = openSync(file, 'a', 0o600);
  // A kill may have left half a line: what follows must not stand on it.
  writeSync(descriptor, '\n');
  const countRequest = (kind: string, key: string): number => {
    const count = (requests.get(nameOf(kind, key)) ?? 0) + 1;
    requests.set(nameOf(kind, key), count);
    return count;
  };
  return {
    countRequest,
    requests: (kind, key) => requests.get(nameOf(kind, key)) ?? 0,
    effects: (kind) => [...known.values()].filter((effect) => effect.kind === kind),
    apply: (kind, key, body) => {
      countRequest(kind, key);
      const found = known.get(nameOf(kind, key));
      if (found !== undefined)
        return canonicalJson(found.body) === canonicalJson(body) ? { effect: found, first: false } : 'other body';
      const effect: Effect = { at: new Date().toISOString(), kind, key, body };
      writeSync(descriptor, `${JSON.stringify(effect)}\n`);
      fdatasyncSync(descriptor);
      known.set(nameOf(kind, key), effect);
      return { effect, first: true };
    },
    close: () => closeSync(descriptor),
  };
}

function nameOf(kind: string, key: string): string {
  return `${kind} ${key}`;
}

function readEffects(file: string): Map<string, Effect> {
  const effects = new Map<string, Effect>();
  for (const line of readIfThere(file).split('\n')) {
    const effect = effectOf(line);
    if (effect !== undefined) effects.set(nameOf(effect.kind, effect.key), effect);
  }
  return effects;
}

/** The effect of a line; undefined for half a line, which was never answered. */
function effectOf(line: string): Effect | undefined {
  try {
    const value = JSON.parse(line) as Json;
    return isObject(value) ? (value as unknown as Effect) : undefined;
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
