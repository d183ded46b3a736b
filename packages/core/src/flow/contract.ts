import { PawlError } from '../errors.ts';
import { guarantees } from '../guarantee/classes.ts';
import type { Guarantee, KeyIn } from '../guarantee/classes.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { Problem } from '../result.ts';
import { duration, object, objectOr, only, pawlOf, refuse, text, whole, word } from './contract-read.ts';
import type { Read } from './contract-read.ts';
import type { OnAmbiguous } from './contract-types.ts';
import { durationMs } from './duration.ts';
import type { Duration } from './duration.ts';

/** How long a keyed target remembers a key when the contract does not say (ms): a day, as most payment services do. */
export const defaultRetentionMs = 86_400_000;

/** The contract of one task: what it says itself and what it inherits. */
export interface EffectiveContract {
  readonly guarantee: Guarantee | undefined;
  /** Natural key: a text in a value position (see `scanText`). */
  readonly key: string | undefined;
  readonly keyIn: KeyIn | undefined;
  /** False under `attempts: off`: nothing is sent again by itself. */
  readonly resend: boolean;
  /** Length of one attempt (ms); undefined: the action's own. */
  readonly attemptTimeoutMs: number | undefined;
  readonly onAmbiguous: OnAmbiguous;
  /** Rows of a page, on a `for` that reads a dataset by pages. */
  readonly batchSize: number | undefined;
}

/** The contract of a whole flow. */
export interface EffectiveDocumentContract {
  readonly start:
    | { readonly key: string; readonly onDuplicate: 'return' | 'reject'; readonly onMismatch: 'reject' }
    | undefined;
  /** Longest life of a run. */
  readonly deadline: Duration;
  readonly schedule: { readonly zone: string | undefined; readonly missed: Missed };
  readonly attempts: Attempts;
  readonly onAmbiguous: OnAmbiguous | undefined;
  readonly owner: string | undefined;
  readonly playbook: string | undefined;
}

/** What happens to ticks of a schedule that passed while nobody looked. */
type Missed = 'one' | 'skip' | 'all';

/** `attempts`, read: undefined members are inherited. */
interface Attempts {
  readonly resend?: boolean;
  readonly timeoutMs?: number;
}

/** A contract with all that is wrong with it. */
interface WithProblems<T> {
  readonly contract: T;
  readonly problems: readonly Problem[];
}

/** What holds for a task: its own contract over the flow's defaults. Throws PAWL_FLOW_INVALID where one is malformed. */
export function taskContract(document: JsonObject, task: JsonObject): EffectiveContract {
  const defaults = documentContract(document);
  const { contract, problems } = readTaskContract(pawlOf(task), '/metadata/pawl');
  throwFirst(problems);
  return {
    guarantee: contract.guarantee,
    key: contract.key,
    keyIn: contract.keyIn,
    resend: contract.attempts?.resend ?? defaults.attempts.resend ?? true,
    attemptTimeoutMs: contract.attempts?.timeoutMs ?? defaults.attempts.timeoutMs,
    onAmbiguous: contract.onAmbiguous ?? defaults.onAmbiguous ?? 'ask',
    batchSize: contract.batch?.size,
  };
}

/** What holds for the whole flow. Throws PAWL_FLOW_INVALID where the contract is malformed. */
export function documentContract(document: JsonObject): EffectiveDocumentContract {
  const { contract, problems } = readDocumentContract(
    pawlOf(document['document'] as JsonObject),
    '/document/metadata/pawl',
  );
  throwFirst(problems);
  const { key, onDuplicate, onMismatch } = contract.start ?? {};
  return {
    start:
      key === undefined ? undefined : { key, onDuplicate: onDuplicate ?? 'return', onMismatch: onMismatch ?? 'reject' },
    deadline: contract.deadline ?? { months: 0, ms: limits.runDeadline },
    schedule: { zone: contract.schedule?.zone, missed: contract.schedule?.missed ?? 'one' },
    attempts: contract.defaults?.attempts ?? {},
    onAmbiguous: contract.defaults?.onAmbiguous,
    owner: contract.owner,
    playbook: contract.playbook,
  };
}

/** Reads `metadata.pawl` of a task, which stands at `path`; absent is empty. */
export function readTaskContract(
  pawl: Json | undefined,
  path: string,
): WithProblems<NonNullable<ReturnType<typeof task>>> {
  const problems: Problem[] = [];
  return { contract: (pawl === undefined ? undefined : task(pawl, path, problems)) ?? {}, problems };
}

/** Reads `document.metadata.pawl`, which stands at `path`; absent is empty. */
export function readDocumentContract(
  pawl: Json | undefined,
  path: string,
): WithProblems<NonNullable<ReturnType<typeof flow>>> {
  const problems: Problem[] = [];
  return { contract: (pawl === undefined ? undefined : flow(pawl, path, problems)) ?? {}, problems };
}

const keyIn: Read<KeyIn> = (value, path, problems) => {
  const read = object<{ header: string; query: string; body: string; retention: Duration }>({
    header: text,
    query: text,
    body: text,
    retention: duration,
  })(value, path, problems);
  if (read === undefined) return undefined;
  const places = (['header', 'query', 'body'] as const).filter((place) => read[place] !== undefined);
  const place = places[0];
  if (place === undefined || places.length > 1)
    return refuse(problems, path, 'must name exactly one of header, query or body');
  const retentionMs = read.retention === undefined ? defaultRetentionMs : durationMs(read.retention);
  return { place, name: read[place] as string, retentionMs };
};

const attempts: Read<Attempts> = (value, path, problems) => {
  const read = objectOr(
    object<{ timeout: Duration }>({ timeout: duration }, ['for', 'adaptive']),
    word<'off'>(['off']),
  )(value, path, problems);
  if (read === undefined) return undefined;
  if (read === 'off') return { resend: false };
  return read.timeout === undefined ? { resend: true } : { resend: true, timeoutMs: durationMs(read.timeout) };
};

const onAmbiguous = word<OnAmbiguous>(['ask', 'fail'], ['probe']);

const batch: Read<{ size: number; page: true }> = (value, path, problems) => {
  const later = ['concurrency', 'key', 'onItemFailure', 'tolerate'];
  const read = object<{ size: number; page: true }>({ size: whole(1, limits.batchSize), page: only(true) }, later)(
    value,
    path,
    problems,
  );
  if (read === undefined) return undefined;
  if (!Object.hasOwn(value as JsonObject, 'size'))
    refuse(problems, path, 'must say the size of a page', 'add size: 500');
  if (!Object.hasOwn(value as JsonObject, 'page'))
    refuse(
      problems,
      path,
      'must say page: true',
      'each iteration gets a page of rows; single rows of a dataset are not built yet',
    );
  return read.size === undefined || read.page === undefined ? undefined : { size: read.size, page: read.page };
};

const task = object<{
  guarantee: Guarantee;
  key: string;
  keyIn: KeyIn;
  attempts: Attempts;
  onAmbiguous: OnAmbiguous;
  batch: { size: number; page: true };
}>({ guarantee: word(guarantees), key: text, keyIn, attempts, onAmbiguous, batch }, [
  'breaker',
  'rate',
  'probe',
  'onExhausted',
  'undo',
]);

const start: Read<{ key: string; onDuplicate?: 'return' | 'reject'; onMismatch?: 'reject' }> = (
  value,
  path,
  problems,
) => {
  type Members = { key: string; onDuplicate: 'return' | 'reject'; onMismatch: 'reject' };
  const read = object<Members>({ key: text, onDuplicate: word(['return', 'reject']), onMismatch: word(['reject']) })(
    value,
    path,
    problems,
  );
  if (read === undefined) return undefined;
  if (read.key !== undefined) return { ...read, key: read.key };
  return Object.hasOwn(value as JsonObject, 'key')
    ? undefined
    : refuse(problems, path, 'must say the key of a start', 'add key: ${ .orderId }');
};

const defaults = object<{ attempts: Attempts; onAmbiguous: OnAmbiguous }>({ attempts, onAmbiguous });

const schedule = object<{ zone: string; missed: Missed }>({ zone: text, missed: word(['one', 'skip', 'all']) });

/** Hashes of what came from outside: written at a deploy, and kept where somebody deploys the result again. */
const resources: Read<JsonObject> = (value, path, problems) =>
  isObject(value) ? value : refuse(problems, path, 'must be an object of addresses and their sha-256');

const flow = object<{
  resources: JsonObject;
  start: NonNullable<ReturnType<typeof start>>;
  deadline: Duration;
  schedule: NonNullable<ReturnType<typeof schedule>>;
  defaults: NonNullable<ReturnType<typeof defaults>>;
  owner: string;
  playbook: string;
}>({ resources, start, deadline: duration, schedule, defaults, owner: text, playbook: text }, [
  'limit',
  'triggers',
  'completes',
  'onCancel',
  'priority',
  'retain',
]);

function throwFirst(problems: readonly Problem[]): void {
  const first = problems.find((problem) => problem.severity === 'error');
  if (first !== undefined) throw new PawlError('PAWL_FLOW_INVALID', `${first.message} (${first.path})`);
}
