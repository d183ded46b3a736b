/** Time. `now` is wall time in step with the database's clock (whole ms since the epoch); `mono` never goes back (ms). */
export interface Clock {
  now(): number;
  mono(): number;
  /** Calls back once after `ms`; the returned function takes it back. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back soon, after what is already queued. */
  soon(callback: () => void): void;
}

/** Randomness: a number in [0, 1), and random bytes as hex. */
export interface Random {
  next(): number;
  hex(bytes: number): string;
}

/** Hashes of UTF-8 text. */
export interface Hash {
  /** sha-256, lower-case hex. */
  sha256(text: string): string;
  /** crc-32 as an unsigned number. */
  crc32(text: string): number;
}

/** Where the runtime says what happens; bound to pino by the server. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
