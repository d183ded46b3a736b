import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { PawlError } from '@pawl/core';
import type { NewSealedRow, SealedName, SealedRow } from '@pawl/store';

/** The key that wraps the data keys of all values. */
export interface MasterKey {
  /** Names it without telling it; it lies beside each value that it wraps. */
  readonly id: string;
  /** What wraps (AES-256). It has no property that a log could print. */
  readonly wrapping: () => Buffer;
}

/** A value as it goes to the store. */
type Sealed = Pick<NewSealedRow, 'keyId' | 'wrappedKey' | 'sealed'>;

/** Which value, and which version of it. */
type SealedVersion = SealedName & { readonly version: number };

const cipher = 'aes-256-gcm';
const keyBytes = 32;
/** 96 random bits a seal. Each data key seals one value, and a master key wraps far fewer than 2^32 of them. */
const nonceBytes = 12;
const tagBytes = 16;
const idCharacters = 16;

/** Reads a key of 32 bytes, in base64 or in hexadecimal. Throws PAWL_SECRET_KEY; `from` says where it was given. */
export function parseMasterKey(text: string, from: string): MasterKey {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length !== keyBytes || !/^[\w+/-]+={0,2}$/.test(text)) {
    throw new PawlError('PAWL_SECRET_KEY', `${from} holds no key: it must be 32 bytes, in base64 or in hexadecimal.`, {
      hint: 'Make one with: openssl rand -base64 32',
    });
  }
  const id = createHash('sha256').update('pawl key id').update(bytes).digest('hex').slice(0, idCharacters);
  const wrapping = Buffer.from(hkdfSync('sha256', bytes, '', 'pawl secrets', keyBytes));
  return { id, wrapping: () => wrapping };
}

/** A new key, as text. */
export function newMasterKey(): string {
  return randomBytes(keyBytes).toString('base64');
}

/** Seals a value with a data key of its own. Both are bound to their name and version: none can take another's place. */
export function seal(master: MasterKey, of: SealedVersion, value: string): Sealed {
  const dataKey = randomBytes(keyBytes);
  const bound = boundTo(of);
  return {
    keyId: master.id,
    wrappedKey: encrypt(master.wrapping(), dataKey, bound),
    sealed: encrypt(dataKey, Buffer.from(value, 'utf8'), bound),
  };
}

/** Opens a value. Throws PAWL_SECRET_KEY where key, name and value do not belong together. */
export function open(master: MasterKey, row: SealedRow): string {
  return decrypt(unwrap(master, row), row.sealed, row).toString('utf8');
}

/** The data key of a value, wrapped by another master key. */
export function rewrap(from: MasterKey, to: MasterKey, row: SealedRow): Buffer {
  return encrypt(to.wrapping(), unwrap(from, row), boundTo(row));
}

function unwrap(master: MasterKey, row: SealedRow): Buffer {
  return decrypt(master.wrapping(), row.wrappedKey, row);
}

function boundTo({ workspace, kind, name, version }: SealedVersion): Buffer {
  return Buffer.from(JSON.stringify(['pawl-sealed-1', workspace, kind, name, version]), 'utf8');
}

/** Nonce, tag and ciphertext. */
function encrypt(key: Buffer, value: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const sealer = createCipheriv(cipher, key, nonce).setAAD(bound);
  const sealed = Buffer.concat([sealer.update(value), sealer.final()]);
  return Buffer.concat([nonce, sealer.getAuthTag(), sealed]);
}

function decrypt(key: Buffer, bytes: Buffer, row: SealedRow): Buffer {
  try {
    const opener = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opener.setAAD(boundTo(row)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([opener.update(bytes.subarray(nonceBytes + tagBytes)), opener.final()]);
  } catch {
    // The cause would say no more, and must not say what it saw.
    throw new PawlError(
      'PAWL_SECRET_KEY',
      `The ${row.kind} ${row.name} cannot be opened: its sealed value is not what was stored under this name.`,
      { hint: `Set it again with \`pawl ${row.kind} set ${row.name}\`.` },
    );
  }
}
