import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock, Log } from '@pawl/core';
import { ensureError, PawlError } from '@pawl/core';
import type { TokenRow, TokenStore } from '@pawl/store';
import type { Sender } from '../engine/messages.ts';
import { type Role, roleOf } from './roles.ts';

/** What every token begins with, so that a program that looks for leaked secrets finds it. */
const prefix = 'pawl_';
/** 256 bits: nobody guesses one, so that a plain hash is enough to keep. */
const tokenBytes = 32;
/** Names of tokens: they stand in journals and in the audit trail. */
const namePattern = /^[a-z0-9][a-z0-9._@+-]{0,62}$/;
/** Names of those who are no token. */
const reserved = new Set(['local-owner', 'pawl', 'system']);
/** How exact the time of the last use is (ms). */
const useExactness = 300_000;

/** A token as it is made: the only moment at which it is seen. */
export interface MadeToken {
  readonly token: string;
  readonly row: TokenRow;
}

/** Whom a token speaks for. */
export interface TokenHolder {
  readonly name: string;
  readonly role: Role;
}

/** What a new token is to be. */
export interface TokenInput {
  readonly name: string;
  readonly role: Role;
  /** When it stops working (ms); null: never by itself. */
  readonly expiresAt: number | null;
}

/** The named access tokens of a workspace. */
export class TokenAdmin {
  readonly #store: TokenStore;
  readonly #workspace: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #log: Log;
  /** Tokens whose use is being noted. */
  readonly #noting = new Set<string>();

  constructor(store: TokenStore, workspace: string, clock: Pick<Clock, 'now'>, log: Log) {
    this.#store = store;
    this.#workspace = workspace;
    this.#clock = clock;
    this.#log = log;
  }

  /** Makes a token. A name is given once: it stands for what was done with it. Throws PAWL_TOKEN_INVALID, PAWL_TOKEN_EXISTS. */
  async add({ name, role, expiresAt }: TokenInput, sender: Sender): Promise<MadeToken> {
    const at = this.#clock.now();
    if (!namePattern.test(name) || reserved.has(name))
      throw new PawlError('PAWL_TOKEN_INVALID', `${JSON.stringify(name.slice(0, 100))} cannot be the name of a token.`);
    if (expiresAt !== null && expiresAt <= at)
      throw new PawlError('PAWL_TOKEN_INVALID', 'The token would have expired before it was made.');
    const token = prefix + randomBytes(tokenBytes).toString('base64url');
    const after = { role, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
    const entry = { workspace: this.#workspace, at, ...sender, act: 'token.add', object: `token/${name}`, after };
    if (!(await this.#store.add({ name, role, expiresAt, hash: hashOf(token) }, entry)))
      throw new PawlError('PAWL_TOKEN_EXISTS', `There is, or was, a token named ${name}; nothing was changed.`);
    return { token, row: await this.#get(name) };
  }

  /** Takes a token's rights away, from the next request on. Throws PAWL_NOT_FOUND. */
  async revoke(name: string, sender: Sender): Promise<TokenRow> {
    const before = await this.#get(name);
    const at = this.#clock.now();
    const entry = { workspace: this.#workspace, at, ...sender, act: 'token.revoke', object: `token/${name}` };
    // One that is revoked already stays so, with who did it.
    if (before.revokedAt !== null) return before;
    await this.#store.revoke(name, { ...entry, before: { role: before.role } });
    return this.#get(name);
  }

  /** All tokens by name, also those that do not work any more. */
  list(): Promise<readonly TokenRow[]> {
    return this.#store.list(this.#workspace);
  }

  /** Whether some token works now. */
  async some(): Promise<boolean> {
    const now = this.#clock.now();
    return (await this.list()).some((row) => works(row, now));
  }

  /** Whom a token speaks for; undefined where it is none, was revoked or has expired. Asks the store each time: a revocation counts at once. */
  async find(token: string): Promise<TokenHolder | undefined> {
    if (!isNamedToken(token)) return undefined;
    const hash = hashOf(token);
    const row = await this.#store.find(this.#workspace, hash);
    const now = this.#clock.now();
    if (row === undefined || !timingSafeEqual(row.hash, hash) || !works(row, now)) return undefined;
    const role = roleOf(row.role);
    if (role === undefined) return undefined;
    if (row.usedAt === null || row.usedAt <= now - useExactness) this.#note(row.name, hash, now);
    return { name: row.name, role };
  }

  /** Nobody waits for it, and it may be missed. */
  #note(name: string, hash: Buffer, now: number): void {
    if (this.#noting.has(name)) return;
    this.#noting.add(name);
    this.#store
      .used(hash, now)
      .catch((error: unknown) => {
        this.#log.debug({ err: ensureError(error), token: name }, 'The use of a token could not be noted.');
      })
      .finally(() => this.#noting.delete(name));
  }

  async #get(name: string): Promise<TokenRow> {
    const row = await this.#store.get(this.#workspace, name);
    if (row !== undefined) return row;
    throw new PawlError('PAWL_NOT_FOUND', `There is no token named ${JSON.stringify(name.slice(0, 100))}.`, {
      hint: 'List them with `pawl token list`.',
    });
  }
}

/** Whether a text looks like a token of the store. */
export function isNamedToken(text: string): boolean {
  return text.startsWith(prefix);
}

/** sha-256 of a token. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function works({ revokedAt, expiresAt }: TokenRow, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
