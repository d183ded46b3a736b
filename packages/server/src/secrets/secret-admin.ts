import { Connection } from '@pawl/actions';
import type { Json, JsonObject } from '@pawl/core';
import { isObject, PawlError } from '@pawl/core';
import type { SealedHead, SealedKind, SecretChange } from '@pawl/store';
import type { Sender } from '../engine/messages.ts';
import { rotateKey } from './rotate-key.ts';
import type { Rotated } from './rotate-key.ts';
import { checkBounds, checkName, checkValue, definitionOf } from './settings.ts';
import type { ConnectionInput, SecretInput } from './settings.ts';
import type { Settings, Vault } from './vault.ts';

/** A secret or connection as lists show it: never its value. Times are milliseconds. */
export interface KeptSecret {
  readonly name: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly hosts: readonly string[] | null;
  readonly flows: readonly string[] | null;
  /** Flows of which a published version names it, as `namespace/name`. */
  readonly usedBy: readonly string[];
  /** Of a connection: its kind and its open fields. */
  readonly connection: { readonly kind: string; readonly fields: JsonObject } | null;
}

/** How a test of a secret or connection went. */
export interface TestResult {
  readonly ok: boolean;
  readonly detail: string;
}

/** Lines of the record of changes that one answer shows. */
const shownChanges = 200;

/** What people do with secrets and connections. */
export class SecretAdmin {
  readonly #vault: Vault;
  readonly #now: () => number;
  readonly #connect: (name: string) => Promise<TestResult>;

  constructor(vault: Vault, now: () => number, connect: (name: string) => Promise<TestResult>) {
    this.#vault = vault;
    this.#now = now;
    this.#connect = connect;
  }

  /** Sets a secret; its version. Throws PAWL_SECRET_INVALID, PAWL_SECRET_KEY. */
  setSecret(name: string, { value, ...bounds }: SecretInput, sender: Sender): Promise<number> {
    checkName(name);
    checkBounds(bounds);
    checkValue(value);
    return this.#vault.put('secret', name, value, bounds, sender);
  }

  /** Sets a connection, all of it; its version. Throws PAWL_SECRET_INVALID, PAWL_SECRET_HOST, PAWL_SECRET_KEY. */
  setConnection(name: string, input: ConnectionInput, sender: Sender): Promise<number> {
    checkName(name);
    checkBounds(input);
    // What a connection checks when it is made is told to whoever sets it.
    void new Connection(name, definitionOf(name, input));
    const { kind, fields, secrets, ...bounds } = input;
    return this.#vault.put('connection', name, secrets, { ...bounds, connection: { kind, fields } }, sender);
  }

  /** All secrets, or all connections of the store, by name. */
  async list(kind: SealedKind): Promise<readonly KeptSecret[]> {
    const { workspace } = this.#vault.nameOf(kind, '');
    const [heads, uses] = await Promise.all([this.#vault.store.list(workspace, kind), this.#uses(kind)]);
    return heads.map((head) => keptOf(head, uses));
  }

  /** One of them. Throws PAWL_NOT_FOUND. */
  async get(kind: SealedKind, name: string): Promise<KeptSecret> {
    const row = await this.#vault.store.get(this.#vault.nameOf(kind, name));
    if (row === undefined) throw unknown(kind, name);
    return keptOf(row, await this.#uses(kind));
  }

  /** Removes one, and says which flows name it. Throws PAWL_NOT_FOUND. */
  async remove(
    kind: SealedKind,
    name: string,
    { by, reason }: Sender,
  ): Promise<{ readonly usedBy: readonly string[] }> {
    const removed = await this.#vault.store.remove(this.#vault.nameOf(kind, name), by, this.#now(), reason);
    this.#vault.forget(kind, name);
    if (!removed) throw unknown(kind, name);
    return { usedBy: (await this.#uses(kind)).get(name) ?? [] };
  }

  /** Opens a secret, and says whether that worked. Throws PAWL_NOT_FOUND. */
  async testSecret(name: string): Promise<TestResult> {
    const row = await this.#vault.store.get(this.#vault.nameOf('secret', name));
    if (row === undefined) throw unknown('secret', name);
    try {
      await this.#vault.read(row);
      return { ok: true, detail: `The secret ${name} can be opened.` };
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      return { ok: false, detail: `${error.message} ${error.hint}` };
    }
  }

  /** Connects, and says whether that worked; connections of the file too. Throws PAWL_NOT_FOUND. */
  async testConnection(name: string): Promise<TestResult> {
    this.#vault.forget('connection', name);
    try {
      return await this.#connect(name);
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      if (error.code === 'PAWL_CONNECTION_UNKNOWN') throw unknown('connection', name);
      return { ok: false, detail: `${error.message} ${error.hint}` };
    }
  }

  /** Wraps every value by a new master key; goes on where a rotation was cut off. Throws PAWL_SECRET_KEY. */
  rotateKey(sender: Sender): Promise<Rotated> {
    const { workspace } = this.#vault.nameOf('secret', '');
    return rotateKey(this.#vault.store, this.#vault.keys, { ...sender, now: this.#now, workspace });
  }

  /** Who changed what, the newest first. */
  changes(): Promise<readonly SecretChange[]> {
    return this.#vault.store.changes(this.#vault.nameOf('secret', '').workspace, shownChanges);
  }

  async #uses(kind: SealedKind): Promise<ReadonlyMap<string, readonly string[]>> {
    const { workspace } = this.#vault.nameOf(kind, '');
    const documents = await this.#vault.store.documentsWith(workspace, [
      kind === 'secret' ? '"secrets"' : '"connection"',
    ]);
    const uses = new Map<string, Set<string>>();
    for (const { namespace, name, document } of documents) {
      const parsed = JSON.parse(document) as Json;
      for (const used of kind === 'secret' ? secretsOf(parsed) : connectionsOf(parsed))
        uses.set(used, (uses.get(used) ?? new Set()).add(`${namespace}/${name}`));
    }
    return new Map([...uses].map(([used, flows]) => [used, [...flows].sort()]));
  }
}

function keptOf(head: SealedHead, uses: ReadonlyMap<string, readonly string[]>): KeptSecret {
  const { name, version, createdAt, updatedAt, updatedBy } = head;
  const { hosts, flows, connection } = JSON.parse(head.settings) as Settings;
  return {
    ...{ name, version, createdAt, updatedAt, updatedBy },
    hosts: hosts ?? null,
    flows: flows ?? null,
    usedBy: uses.get(name) ?? [],
    connection: connection ?? null,
  };
}

function secretsOf(document: Json): readonly string[] {
  const use = isObject(document) ? document['use'] : undefined;
  const secrets = isObject(use) ? use['secrets'] : undefined;
  return Array.isArray(secrets) ? secrets.map(String) : [];
}

/** What the arguments of calls name as their connection, wherever in the document. */
function connectionsOf(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => connectionsOf(item));
  if (!isObject(value)) return [];
  const given = isObject(value['with']) ? value['with']['connection'] : undefined;
  return [...(typeof given === 'string' ? [given] : []), ...Object.values(value).flatMap(connectionsOf)];
}

function unknown(kind: SealedKind, name: string): PawlError {
  return new PawlError('PAWL_NOT_FOUND', `There is no ${kind} named ${JSON.stringify(name)} in the store.`, {
    hint: `List them with \`pawl ${kind} list\`.`,
  });
}
