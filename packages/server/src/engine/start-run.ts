import type { ApiStore, CompiledFlow, Json, StartAnswer, StartKey } from '@pawl/core';
import { canonicalJson, isKey, newRunId, PawlError, startKeyOf } from '@pawl/core';
import { checkInput } from './check-input.ts';
import type { EngineContext } from './context.ts';
import { isMadeWith } from './run-ids.ts';

/** Which flow: a version by its hash, or a named one, the newest where no version is given. */
export type FlowRef =
  | { readonly hash: string }
  | { readonly namespace: string; readonly name: string; readonly version?: string };

/** A start, as a person or a program asks for it. */
export interface StartOptions {
  readonly flow: FlowRef;
  readonly input: Json;
  /** Start key instead of the one that the flow makes of its input. */
  readonly key?: string;
  /** The request's Idempotency-Key: who sent it where, the key, and the sha-256 of what was asked. */
  readonly request?: { readonly scope: string; readonly key: string; readonly fingerprint: string };
}

/** A run that was started, or the one that the key meant already. */
export interface Started {
  readonly run: string;
  readonly replayed: boolean;
}

/** Random bytes of a run id. */
const entropyBytes = 9;
/** How long a start is waited for or sent again while the database cannot be reached or written (ms), and the first pause between two tries. */
const patienceMs = 5_000;
const firstPauseMs = 50;

/**
 * Starts a run; answered once the start is on disk. Throws PAWL_FLOW_UNKNOWN, PAWL_INPUT_INVALID, PAWL_KEY_INVALID,
 * PAWL_UNAVAILABLE or PAWL_STORE_UNREACHABLE (the database takes no writes), PAWL_START_MISMATCH (the key was used with another input) and PAWL_START_DUPLICATE (`onDuplicate: reject`), these two
 * with the `run` in their `extra`.
 */
export async function startRun(context: EngineContext, options: StartOptions): Promise<Started> {
  const hash = await hashOf(context, options.flow);
  const flow = context.flows.peek(hash) ?? (await context.flows.load(hash));
  checkInput(options.input, flow, context.limits);
  const key = startKey(context, flow, options);
  const entropy = entropyOf(context, options);
  const partition = lastByte(key?.keyHash ?? context.random.hex(1));
  const run = newRunId(context.clock.now(), partition, entropy);
  const answer = await send(context, run, hash, options, key);
  return judge(flow, options, answer, entropy);
}

async function hashOf(context: EngineContext, flow: FlowRef): Promise<string> {
  if ('hash' in flow) return flow.hash;
  const { namespace, name, version } = flow;
  const found = await context.api.flowVersion(context.workspace, namespace, name, version);
  if (found !== undefined) return found.hash;
  const which = version === undefined ? '' : ` in version ${version}`;
  throw new PawlError('PAWL_FLOW_UNKNOWN', `There is no flow ${namespace}/${name}${which}.`);
}

function startKey(context: EngineContext, flow: CompiledFlow, options: StartOptions): StartKey | undefined {
  const key = options.key ?? startKeyOf(flow, options.input);
  if (key === undefined) return undefined;
  if (!isKey(key)) throw new PawlError('PAWL_KEY_INVALID', 'A start key is 1 to 255 printable ASCII characters.');
  return {
    key,
    keyHash: context.hash.sha256(canonicalJson([context.workspace, flow.namespace, flow.name, key])),
    fingerprint: context.hash.sha256(canonicalJson(options.input)),
  };
}

/**
 * The random part of the run's id. With an Idempotency-Key it is made of that key: the id then tells whether a run was
 * started by this very request or by another one with the same start key, which is what `onDuplicate: reject` turns on.
 */
function entropyOf(context: EngineContext, { request }: StartOptions): string {
  if (request === undefined) return context.random.hex(entropyBytes);
  return context.hash.sha256(canonicalJson([request.scope, request.key])).slice(0, 2 * entropyBytes);
}

function lastByte(hash: string): number {
  return Number.parseInt(hash.slice(-2), 16);
}

/** A start without an Idempotency-Key begins in this process if it owns the partition; any other goes through the inbox. */
async function send(
  context: EngineContext,
  run: string,
  flow: string,
  { input, request }: StartOptions,
  key: StartKey | undefined,
): Promise<StartAnswer> {
  const { workspace } = context;
  const worker = context.worker();
  const throughInbox = async (): Promise<StartAnswer> => {
    const answer = await accept(context, {
      run,
      at: context.clock.now(),
      message: { kind: 'start', workspace, flow, input, key: key ?? null },
      ...(request === undefined ? {} : { request }),
    });
    worker?.wake();
    return answer;
  };
  // While the database refuses the worker's commits, the start is tried by itself: its refusal is certain then.
  if (worker !== undefined && request === undefined && !context.commits.failing) {
    const begun = worker.startRun({ run, workspace, flow, input, ...(key === undefined ? {} : { key }) });
    return withinPatience(
      context,
      run,
      begun.then((answer) => (answer === 'elsewhere' ? throughInbox() : answer)),
    );
  }
  return throughInbox();
}

/** A start that is with the worker cannot be taken back: after a while its caller is told that it may still begin. */
async function withinPatience<T>(context: EngineContext, run: string, begun: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = context.clock.after(patienceMs, () => {
    const detail = `The database does not take writes now. Run ${run} may begin once it does.`;
    const hint = `See whether it has begun (\`pawl show ${run}\`) before you start it again, or start with an Idempotency-Key.`;
    reject(new PawlError('PAWL_UNAVAILABLE', detail, { hint, extra: { run } }));
  });
  try {
    return await Promise.race([begun, late]);
  } finally {
    stop();
    begun.catch(() => {});
  }
}

/** Sent again with the same run id, a start is accepted once: a lost reply costs nothing. */
async function accept(context: EngineContext, start: Parameters<ApiStore['start']>[0]): Promise<StartAnswer> {
  const end = context.clock.mono() + patienceMs;
  for (let pause = firstPauseMs; ; pause *= 2) {
    try {
      return await context.api.start(start);
    } catch (error) {
      const unreachable = error instanceof PawlError && error.code === 'PAWL_STORE_UNREACHABLE';
      if (!unreachable || context.clock.mono() + pause > end) throw error;
      await new Promise<void>((resolve) => void context.clock.after(pause, resolve));
    }
  }
}

function judge(flow: CompiledFlow, options: StartOptions, answer: StartAnswer, entropy: string): Started {
  const { run, replayed, mismatch } = answer;
  if (mismatch) {
    throw new PawlError(
      'PAWL_START_MISMATCH',
      `Run ${run} was started under this key with other data; nothing was started.`,
      {
        extra: { run },
      },
    );
  }
  const isOwnRequest = options.request !== undefined && isMadeWith(run, entropy);
  if (replayed && flow.start?.onDuplicate === 'reject' && !isOwnRequest) {
    throw new PawlError('PAWL_START_DUPLICATE', `Run ${run} has this start key; nothing was started.`, {
      extra: { run },
    });
  }
  return { run, replayed };
}
