import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What a ledger counted for one key of one account. */
export interface Count {
  /** Requests that came for the key, answered or not. */
  readonly arrivals: number;
  /** How often its effect was applied. */
  readonly effects: number;
}

/** Counts by account (the path of the request), then by key. */
export type Counts = Readonly<Record<string, Readonly<Record<string, Count>>>>;

/** An append-only record of arrivals and effects. What it has counted is on disk before it is answered. */
export interface Book {
  /** A request came. Returns its number for the key, from 1. */
  arrived(account: string, key: string): number;
  /** An effect was applied with this body. */
  applied(account: string, key: string, body: string): void;
  /** The body of the key's first effect; undefined where none was applied. */
  bodyOf(account: string, key: string): string | undefined;
  counts(): Counts;
  close(): void;
}

type Line = readonly ['arrival' | 'effect', account: string, key: string, body?: string];

interface Entry {
  arrivals: number;
  effects: number;
  body: string | undefined;
}

/** Opens the file of a book, making it where it is missing, and reads what it holds. */
export function openBook(file: string): Book {
  const entries = new Map<string, Map<string, Entry>>();
  const entryOf = (account: string, key: string): Entry => {
    const keys = entries.get(account) ?? new Map<string, Entry>();
    entries.set(account, keys);
    const entry = keys.get(key) ?? { arrivals: 0, effects: 0, body: undefined };
    keys.set(key, entry);
    return entry;
  };
  const count = ([kind, account, key, body]: Line): Entry => {
    const entry = entryOf(account, key);
    if (kind === 'arrival') entry.arrivals += 1;
    else {
      entry.effects += 1;
      entry.body ??= body;
    }
    return entry;
  };
  const descriptor = openSync(file, 'a+', 0o600);
  for (const line of readFileSync(descriptor, 'utf8').split('\n')) if (line !== '') count(JSON.parse(line) as Line);
  const add = (line: Line): Entry => {
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
    // An arrival that is lost with the machine harms no count of effects; an effect must stay.
    if (line[0] === 'effect') fdatasyncSync(descriptor);
    return count(line);
  };
  return {
    arrived: (account, key) => add(['arrival', account, key]).arrivals,
    applied: (account, key, body) => void add(['effect', account, key, body]),
    bodyOf: (account, key) => entries.get(account)?.get(key)?.body,
    counts: () =>
      Object.fromEntries(
        [...entries].map(([account, keys]) => [
          account,
          Object.fromEntries([...keys].map(([key, { arrivals, effects }]) => [key, { arrivals, effects }])),
        ]),
      ),
    close: () => closeSync(descriptor),
  };
}
