import { Connection, flowPattern, parseHostRule } from '@pawl/actions';
import type { FlowName, OpenedSecret, Redactor, Secrets } from '@pawl/actions';
import type { Clock, Json, JsonObject } from '@pawl/core';
import { invariant, PawlError } from '@pawl/core';
import type { SealedKind, SealedName, SealedRow, SealedStore } from '@pawl/store';
import type { Sender } from '../engine/messages.ts';
import type { KeyRing } from './key-ring.ts';
import { open, seal } from './seal.ts';
import { definitionOf } from './settings.ts';
import type { Bounds, ConnectionInput } from './settings.ts';

/** How long a value that was opened is used before the store is asked for it again (ms). */
const freshMs = 2_000;
/** Times that a value is sealed again because somebody else changed it, or the key, in the same moment. */
const sealTries = 5;

/** What is kept beside a sealed value, open to those who may list it. */
export interface Settings extends Bounds {
  /** Of a connection. */
  readonly connection?: { readonly kind: 'postgres'; readonly fields: JsonObject };
}

/** A value that was opened. */
interface Opened {
  readonly version: number;
  readonly settings: Settings;
  readonly value: Json;
}

/** What a vault works with. */
export interface VaultParts {
  readonly keys: KeyRing;
  readonly clock: Pick<Clock, 'now' | 'mono'>;
  readonly workspace: string;
  /** Told each value before anybody uses it. */
  readonly redactor: Redactor;
}

/**
 * The secrets and connections of a workspace, opened for those who use them. What was opened is used for at most two
 * seconds: a change reaches every worker without a restart, and an attempt keeps what it began with.
 */
export class Vault implements Secrets {
  readonly keys: KeyRing;
  readonly #parts: VaultParts;
  readonly #opened = new Map<string, { readonly at: number; readonly opened: Promise<Opened | undefined> }>();
  #store: SealedStore | undefined;

  constructor(parts: VaultParts) {
    this.#parts = parts;
    this.keys = parts.keys;
  }

  /** Gives the vault its store; before, it holds nothing. */
  bind(store: SealedStore): void {
    this.#store = store;
  }

  /** The store behind it. */
  get store(): SealedStore {
    invariant(this.#store !== undefined, 'the vault has no store yet');
    return this.#store;
  }

  /** What is called so in a workspace, by default this one. */
  nameOf(kind: SealedKind, name: string, workspace = this.#parts.workspace): SealedName {
    return { workspace, kind, name };
  }

  async open(names: readonly string[], flow: FlowName): Promise<readonly OpenedSecret[]> {
    const secrets: OpenedSecret[] = [];
    for (const name of names) {
      const of = this.nameOf('secret', name, flow.workspace);
      const found = await this.#get(of);
      if (found === undefined)
        throw new PawlError(
          'PAWL_SECRET_UNKNOWN',
          `There is no secret named ${JSON.stringify(name)}; nothing was sent.`,
        );
      const { version, settings, value } = found;
      if (settings.flows !== undefined && !settings.flows.some((pattern) => flowPattern(pattern)(flow))) {
        throw new PawlError(
          'PAWL_FORBIDDEN',
          `The flow ${flow.namespace}/${flow.name} may not use the secret ${name}.`,
          {
            hint: 'Whoever keeps the secret can name the flow when setting it.',
          },
        );
      }
      secrets.push({ workspace: of.workspace, name, version, value, hosts: settings.hosts?.map(parseHostRule) });
    }
    return secrets;
  }

  /** A connection that is kept in the store. */
  async connection(name: string, workspace?: string): Promise<Connection | undefined> {
    const found = await this.#get(this.nameOf('connection', name, workspace));
    if (found === undefined) return undefined;
    const { version } = found;
    return new Connection(name, definitionOf(name, inputOf(found)), String(version));
  }

  /** Seals a value under a name, as its next version. Answers the version. */
  async put(kind: SealedKind, name: string, value: Json, settings: Settings, { by, reason }: Sender): Promise<number> {
    const { store } = this;
    this.#parts.redactor.hide(name, value);
    const of = this.nameOf(kind, name);
    for (let tries = 0; tries < sealTries; tries++) {
      const key = await this.#sealingKey();
      const version = await store.nextVersion(of);
      const sealed = seal(key, { ...of, version }, JSON.stringify(value));
      const kept = { ...of, version, ...sealed, updatedAt: this.#parts.clock.now(), updatedBy: by };
      const answer = await store.put({ ...kept, settings: JSON.stringify(settings) }, reason);
      this.forget(kind, name);
      if (answer === 'put') return version;
    }
    throw new PawlError('PAWL_UNAVAILABLE', `The ${kind} ${name} is being changed by others; nothing was changed.`);
  }

  /** Opens a value that was never opened here, or that must be the newest. Throws PAWL_SECRET_KEY. */
  async read(row: SealedRow): Promise<Json> {
    const value = JSON.parse(open(await this.keys.find(row.keyId), row)) as Json;
    this.#parts.redactor.hide(row.name, value);
    return value;
  }

  /** Asks the store again when the value is used next. */
  forget(kind: SealedKind, name: string): void {
    this.#opened.delete(idOf(this.nameOf(kind, name)));
  }

  async #sealingKey() {
    const named = await this.store.keyId();
    if (named !== undefined) return this.keys.find(named);
    const first = await this.keys.first();
    return this.keys.find(await this.store.nameKey(first.id, undefined));
  }

  #get(of: SealedName): Promise<Opened | undefined> {
    const id = idOf(of);
    const now = this.#parts.clock.mono();
    const known = this.#opened.get(id);
    if (known !== undefined && known.at + freshMs > now) return known.opened;
    const opened = this.#load(of);
    this.#opened.set(id, { at: now, opened });
    // What could not be opened, and what is not there, is looked for again at once.
    const drop = (): void => void (this.#opened.get(id)?.opened === opened && this.#opened.delete(id));
    opened.then((found) => found ?? drop(), drop);
    return opened;
  }

  async #load(of: SealedName): Promise<Opened | undefined> {
    const row = await this.store.get(of);
    if (row === undefined) return undefined;
    return { version: row.version, settings: JSON.parse(row.settings) as Settings, value: await this.read(row) };
  }
}

function inputOf({ settings, value }: Opened): ConnectionInput {
  const { connection, hosts, flows } = settings;
  return {
    kind: 'postgres',
    fields: connection?.fields ?? {},
    secrets: value as JsonObject,
    ...(hosts === undefined ? {} : { hosts }),
    ...(flows === undefined ? {} : { flows }),
  };
}

function idOf({ workspace, kind, name }: SealedName): string {
  return JSON.stringify([workspace, kind, name]);
}
