import { hash as hashOf } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { compileFlow } from '../program/compile.ts';
import type { CompiledFlow } from '../program/nodes.ts';
import { parse } from 'yaml';
import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { Limits } from '../limits.ts';
import type { Outcome } from '../outcome.ts';
import type { ActionDescription, ActionRequest, Hash, JournalRow, Page, PayloadRow } from '../ports.ts';
import type { Guarantee } from '../guarantee/classes.ts';
import { httpGuarantee } from '../guarantee/classes.ts';
import type { RunEvent } from '../state/events.ts';
import type { RunState } from '../state/state.ts';
import { decodeSnapshot, encodeRow, encodeSnapshot, foldRows, stateToJson } from '../state/codec.ts';
import { beginRun, decide } from './decide.ts';
import { pending } from './pending.ts';
import { requestOf } from './request.ts';
import type { DecideEnv, Pending, Stimulus } from './types.ts';

/** Node's hashes, for tests. */
export const nodeHash: Hash = {
  sha256: (text) => hashOf('sha256', text, 'hex'),
  crc32: (text) => crc32(text),
};

/** How a played run is set up. */
export interface Play {
  readonly input?: Json;
  /** Answers attempts; default: completes with the arguments. */
  readonly answer?: (request: ActionRequest) => Outcome;
  readonly page?: (cursor: Json, size: number) => Page | { error: FlowError };
  readonly limits?: Partial<Limits>;
  readonly random?: () => number;
  /** Whether a permit is in hand; default: always. */
  readonly acquire?: () => boolean;
  /** A permit is given back. */
  readonly release?: () => void;
  /** Lineage of the database; default: the first. */
  readonly lineage?: DecideEnv['lineage'];
  /** Stimuli of its own; called before each round, with what is pending. */
  readonly interfere?: (run: Played) => Stimulus | undefined;
  /** Longest virtual time (ms). */
  readonly until?: number;
}

/** A run that was played to where nothing moves it any more. */
export interface Played {
  /** May be replaced by what a snapshot of it holds, as when a run is loaded again. */
  state: RunState;
  readonly events: RunEvent[];
  readonly requests: ActionRequest[];
  readonly rows: JournalRow[];
  now: number;
}

const start = Date.UTC(2026, 10, 1);

/** The actions that played flows may call: `http`, and one for each guarantee. */
function describeAction(name: string): ActionDescription | undefined {
  const known = ['http', 'openapi', 'asyncapi', 'pure', 'idempotent', 'keyed', 'transactional', 'once'];
  if (!known.includes(name)) return undefined;
  return {
    name,
    version: '1.0.0',
    summary: name,
    input: {},
    output: {},
    guarantee: (args, keyIn) =>
      name === 'openapi' || name === 'asyncapi'
        ? 'once'
        : name === 'http'
          ? httpGuarantee(String(args['method'] ?? 'get'), keyIn)
          : (name as Guarantee),
    declarable: [],
    target: () => name,
    concurrency: 10,
    timeoutMs: 30_000,
  };
}

/** A flow of tests, compiled: what its head leaves out is filled in. */
export function compiled(document: JsonObject): CompiledFlow {
  const head = {
    dsl: '1.0.3',
    namespace: 'test',
    name: 'played',
    version: '1.0.0',
    ...(document['document'] as JsonObject | undefined),
  };
  return compileFlow({ ...document, document: head }, { describe: describeAction });
}

/** Plays a flow in virtual time, folding its journal again after every decision and comparing it with the state. */
export function play(yaml: string, options: Play = {}): Played {
  const flow = compiled(parse(yaml) as JsonObject);
  const env: DecideEnv = {
    hash: nodeHash,
    random: options.random ?? (() => 0.5),
    limits: { ...limits, ...options.limits },
    acquire: options.acquire ?? (() => true),
    release: options.release ?? (() => {}),
    ...(options.lineage === undefined ? {} : { lineage: options.lineage }),
  };
  const begun = beginRun(
    { id: '01900000-0000-7000-8000-000000000001', flowHash: 'f', input: options.input ?? null, at: start },
    flow,
    env,
  );
  const run: Played = { state: begun.state, events: [], requests: [], rows: [], now: start };
  const payloads: PayloadRow[] = [];
  const record = (events: readonly RunEvent[]) => {
    if (events.length === 0) return;
    const encoded = encodeRow(events, { partition: 1, run: run.state.id, from: run.events.length + 1 }, nodeHash);
    run.rows.push(encoded.row);
    payloads.push(...encoded.payloads);
    run.events.push(...events);
    const folded = foldRows(
      run.state.id,
      undefined,
      run.rows,
      nodeHash,
      (sha) => payloads.find((one) => one.sha256 === sha)?.body,
    );
    const [again, live] = [JSON.stringify(stateToJson(folded)), JSON.stringify(stateToJson(run.state))];
    if (again !== live) throw new Error(`the fold differs from the state:\n${again}\n${live}`);
  };
  record(begun.decision.events);
  for (let round = 0; round < 100_000; round += 1) {
    const stimulus =
      options.interfere?.(run) ??
      nextStimulus(run, pending(run.state, flow), options, (frame) => requestOf(run.state, flow, frame));
    if (stimulus === undefined) return run;
    record(decide(run.state, flow, stimulus, env).events);
  }
  throw new Error('the run did not come to rest');
}

/** Loads the run's state again: what lived beside it is lost. */
export function reload(run: Played): void {
  run.state = decodeSnapshot(encodeSnapshot(run.state, { partition: 1 }, nodeHash), nodeHash);
}

function nextStimulus(
  run: Played,
  waits: readonly Pending[],
  options: Play,
  request: (frame: number) => ActionRequest,
): Stimulus | undefined {
  const at = run.now;
  for (const one of waits) {
    if (one.kind === 'continue') return { kind: 'continue' };
    if (one.kind === 'permit') return { kind: 'permit', at, frame: one.frame };
    if (one.kind === 'page')
      return {
        kind: 'page',
        at,
        frame: one.frame,
        page: options.page?.(one.cursor, one.size) ?? { error: flowError('runtime', 'no pages') },
      };
    if (one.kind === 'attempt') {
      const sent = request(one.frame);
      run.requests.push(sent);
      const outcome = options.answer?.(sent) ?? { kind: 'completed', output: sent.args };
      return { kind: 'attempt', at, frame: one.frame, attempt: one.attempt, outcome };
    }
  }
  const timers = waits.filter((one) => one.kind === 'timer').sort((a, b) => a.at - b.at);
  const [next] = timers;
  if (next === undefined || (waits.some((one) => one.kind === 'decision') && next.timer === 'timeout'))
    return undefined;
  if (next.at - start > (options.until ?? 86_400_000)) return undefined;
  run.now = Math.max(run.now, next.at);
  return { kind: 'timer', at: run.now, frame: next.frame, timer: next.timer };
}
