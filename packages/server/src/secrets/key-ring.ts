import { PawlError } from '@pawl/core';
import { createKeyFile, readKeyFile, replaceKeyFile } from './key-file.ts';
import { newMasterKey, parseMasterKey } from './seal.ts';
import type { MasterKey } from './seal.ts';

/**
 * Where the master key comes from.
 * - `given`: texts of the operator (PAWL_KEY, or the file of PAWL_KEY_FILE): the key, and after it those that it follows
 * - `own`: a file that Pawl makes at the first use, and that a rotation replaces
 * - `none`: the database is shared, and no key was given
 */
export type KeySource =
  | { readonly kind: 'given'; readonly text: () => Promise<string>; readonly from: string }
  | { readonly kind: 'own'; readonly path: string }
  | { readonly kind: 'none' };

/** A key to seal with from now on, and what is to be done once nothing is wrapped by another. */
export interface Rotation {
  readonly key: MasterKey;
  readonly finish: () => Promise<void>;
}

/** The master keys that this process knows: the one in use and, while it is rotated, the other. */
export class KeyRing {
  readonly #source: KeySource;
  #keys: readonly MasterKey[] = [];

  constructor(source: KeySource) {
    this.#source = source;
  }

  /** The key of an id, looked for again where it is not known. Throws PAWL_SECRET_KEY. */
  async find(id: string): Promise<MasterKey> {
    const known = this.#keys.find((key) => key.id === id);
    if (known !== undefined) return known;
    await this.#read();
    const found = this.#keys.find((key) => key.id === id);
    if (found !== undefined) return found;
    const have =
      this.#keys.length === 0 ? 'there is no key' : `the key here is ${this.#keys.map((key) => key.id).join(', ')}`;
    throw new PawlError(
      'PAWL_SECRET_KEY',
      `The secrets of this database are sealed with the key ${id}, and ${have} (${this.#place()}).`,
    );
  }

  /** The key for the first value of a database; the data folder's is made where there is none. Throws PAWL_SECRET_KEY. */
  async first(): Promise<MasterKey> {
    await this.#read();
    if (this.#keys[0] === undefined && this.#source.kind === 'own') {
      await createKeyFile(this.#source.path, `${newMasterKey()}\n`);
      await this.#read();
    }
    return this.#newest();
  }

  /**
   * The key to which to rotate, the same one until the rotation is finished, whoever asks. A given key is the operator's
   * to change: it is the first of several.
   */
  async rotation(): Promise<Rotation> {
    const source = this.#source;
    await this.#read();
    if (source.kind !== 'own') return { key: this.#newest(), finish: () => Promise.resolve() };
    const next = nextOf(source.path);
    await createKeyFile(next, `${newMasterKey()}\n`);
    const text = await readKeyFile(next);
    // Another process has finished the same rotation in this moment.
    if (text === undefined) return this.rotation();
    await this.#read();
    return { key: parseMasterKey(text.trim(), next), finish: () => replaceKeyFile(next, source.path) };
  }

  #newest(): MasterKey {
    const [key] = this.#keys;
    if (key !== undefined) return key;
    throw new PawlError('PAWL_SECRET_KEY', 'Secrets need a key to be sealed with, and this Pawl was given none.', {
      hint: 'With a database of your own, give every Pawl the same key: PAWL_KEY (openssl rand -base64 32) or PAWL_KEY_FILE.',
    });
  }

  async #read(): Promise<void> {
    const texts = await this.#texts();
    this.#keys = texts.map((text) => parseMasterKey(text, this.#place()));
  }

  async #texts(): Promise<readonly string[]> {
    const source = this.#source;
    if (source.kind === 'none') return [];
    if (source.kind === 'given') return split(await source.text());
    // The next one is read first: a rotation that ends in between has moved it.
    const next = await readKeyFile(nextOf(source.path));
    const own = await readKeyFile(source.path);
    return [...split(own ?? ''), ...split(next ?? '')];
  }

  #place(): string {
    const source = this.#source;
    if (source.kind === 'given') return source.from;
    return source.kind === 'own' ? source.path : 'neither PAWL_KEY nor PAWL_KEY_FILE is set';
  }
}

function nextOf(path: string): string {
  return `${path}.next`;
}

function split(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((each) => each !== '');
}
