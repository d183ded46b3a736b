import type { ActionDescription, ActionRequest, Actions, Cancellation, Json, Outcome, Page } from '@pawl/core';
import { flowError, isObject, PawlError } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';
import type { Owner, Timeline } from '../sim/timeline.ts';
import { outside } from '../sim/timeline.ts';
import type { Behaviour } from './behaviour.ts';
import { drawBehaviour } from './behaviour.ts';
import { Ledger } from './ledger.ts';

/** Moments of an attempt at which a simulation may interfere. */
export type AttemptMoment = 'called' | 'left' | 'applied' | 'answered';

/** Who watches attempts. */
export interface AttemptWatch {
  /** May kill or stop the worker that sends it. */
  moment(owner: Owner, moment: AttemptMoment, request: ActionRequest): void;
  /** The first byte leaves. */
  left(request: ActionRequest): void;
  /** An attempt was behaved at so. */
  behaved(owner: Owner, behaviour: Behaviour, request: ActionRequest): void;
}

/** The targets of a simulated world: they outlive every worker. */
export class SimTargets {
  readonly ledger = new Ledger();
  /** How much they misbehave, from 0 to 1. */
  harm = 0;
  /** From then on no dataset can be read any more (ms of virtual time). */
  datasetsGoneAt = Number.POSITIVE_INFINITY;
  private readonly timeline: Timeline;
  private readonly prng: Prng;
  private readonly watch: AttemptWatch;
  /** Attempts by owner that were begun and are still able to send something. */
  private readonly connecting = new Map<string, { readonly owner: Owner; readonly request: ActionRequest }[]>();

  private readonly catalog: ReadonlyMap<string, ActionDescription>;

  constructor(timeline: Timeline, prng: Prng, watch: AttemptWatch, catalog: ReadonlyMap<string, ActionDescription>) {
    this.catalog = catalog;
    this.timeline = timeline;
    this.prng = prng;
    this.watch = watch;
  }

  /** The Actions port of one process. */
  actionsOf(owner: Owner): Actions {
    return {
      describe: (name) => this.catalog.get(name),
      names: () => [...this.catalog.keys()].sort(),
      run: (request, cancellation, onLeft) =>
        new Promise((resolve) => {
          if (owner.life !== 'dead') new Attempt(this, owner, request, { cancellation, onLeft, resolve }).begin();
        }),
      readPage: (dataset, cursor, size) => this.readPage(owner, dataset, cursor, size),
    };
  }

  /** Whether a request with this key may still come in: it is under way, or a living process is about to send it. */
  mayStillArrive(key: string): boolean {
    if ((this.ledger.find(key)?.underway ?? 0) > 0) return true;
    return (this.connecting.get(key) ?? []).some(({ owner }) => owner.life !== 'dead');
  }

  private readPage(owner: Owner, dataset: Json, cursor: Json, size: number): Promise<Page> {
    return new Promise((resolve, reject) => {
      if (owner.life === 'dead') return;
      this.timeline.after(this.prng.between(0.2, 3), owner, () => {
        const total = isObject(dataset) && typeof dataset['rows'] === 'number' ? dataset['rows'] : 0;
        const from = typeof cursor === 'number' ? cursor : 0;
        if (this.timeline.time >= this.datasetsGoneAt || this.prng.chance(this.harm / 40))
          return reject(new PawlError('PAWL_FILE_INVALID', 'The dataset could not be read.'));
        const rows = Array.from({ length: Math.min(size, total - from) }, (_, i) => ({ id: from + i }));
        resolve({ rows, next: from + rows.length, last: from + rows.length >= total });
      });
    });
  }

  /** What an attempt needs of its world. */
  parts(): { timeline: Timeline; prng: Prng; watch: AttemptWatch; connecting: SimTargets['connecting'] } {
    return { timeline: this.timeline, prng: this.prng, watch: this.watch, connecting: this.connecting };
  }
}

interface AttemptPorts {
  readonly cancellation: Cancellation;
  readonly onLeft: () => void;
  readonly resolve: (outcome: Outcome) => void;
}

/** One attempt on its way: it connects, leaves, comes in, is carried out or not, and is answered or not. */
class Attempt {
  private readonly targets: SimTargets;
  private readonly owner: Owner;
  private readonly request: ActionRequest;
  private readonly ports: AttemptPorts;
  private readonly behaviour: Behaviour;
  private left = false;
  private leftAt = 0;
  private over = false;

  constructor(targets: SimTargets, owner: Owner, request: ActionRequest, ports: AttemptPorts) {
    this.targets = targets;
    this.owner = owner;
    this.request = request;
    this.ports = ports;
    this.behaviour = drawBehaviour(targets.parts().prng, targets.harm);
  }

  begin(): void {
    const { prng, watch } = this.targets.parts();
    watch.moment(this.owner, 'called', this.request);
    watch.behaved(this.owner, this.behaviour, this.request);
    this.ports.cancellation.onCancel(() => this.cancelled());
    if (this.over) return;
    this.connecting(true);
    const connect = this.behaviour === 'slowConnection' ? prng.between(200, 4_000) : prng.between(0.1, 2);
    this.later(connect, () => this.connected());
  }

  private connected(): void {
    this.connecting(false);
    if (this.over) return;
    const { prng, watch, timeline } = this.targets.parts();
    const error = flowError('communication', 'The connection was refused.');
    if (this.behaviour === 'refusedConnection') return this.end({ kind: 'retryable', left: false, error });
    this.ports.onLeft();
    // Cancelled in the very moment of leaving: an action that heeds it sends nothing.
    if (this.over) return;
    this.left = true;
    this.leftAt = timeline.time;
    watch.left(this.request);
    watch.moment(this.owner, 'left', this.request);
    const entry = this.targets.ledger.entry(this.request);
    entry.underway += 1;
    const transit = this.behaviour === 'slow' ? prng.between(20, 2_500) : prng.between(0.1, 3);
    timeline.after(transit, outside, () => {
      entry.underway -= 1;
      this.arrive();
    });
  }

  /** The request comes in, whatever has become of its sender. */
  private arrive(): void {
    const { ledger } = this.targets;
    const { prng, watch } = this.targets.parts();
    if (this.behaviour === 'lostRequest')
      return this.later(prng.between(1, 800), () => this.end(unanswered('The connection broke.')));
    const entry = ledger.entry(this.request);
    entry.arrivals += 1;
    const answer = refusal(this.behaviour, this.request, entry.applied + entry.underway > 0);
    if (answer !== undefined) return this.answer(answer);
    const { output, repeated } = ledger.carryOut(this.request, this.leftAt);
    watch.moment(this.owner, 'applied', this.request);
    switch (this.behaviour) {
      case 'failsAfter':
        return this.answer(serverError(this.request));
      case 'silent':
        return;
      case 'broken':
        return this.later(prng.between(0.1, 300), () => this.end(unanswered('The connection broke.')));
      case 'late':
        return this.later(prng.between(1_500, 5_000), () => this.end({ kind: 'completed', output }));
      default:
        return this.answer({ kind: 'completed', output, ...(repeated ? { already: true } : {}) });
    }
  }

  private answer(outcome: Outcome): void {
    const { prng, watch } = this.targets.parts();
    this.later(prng.between(0.1, 3), () => {
      watch.moment(this.owner, 'answered', this.request);
      if (this.owner.life === 'running') this.end(outcome);
      else this.later(0, () => this.end(outcome));
    });
  }

  private cancelled(): void {
    // A badly behaved action does not hear it.
    if (this.behaviour === 'late' && this.left) return;
    if (!this.left) this.connecting(false);
    const outcome: Outcome = this.left ? unanswered('No answer came in time.') : { kind: 'cancelled' };
    this.over = true;
    this.later(this.targets.parts().prng.between(0, 3), () => this.ports.resolve(outcome));
  }

  private end(outcome: Outcome): void {
    if (this.over) return;
    this.over = true;
    this.ports.resolve(outcome);
  }

  private connecting(begins: boolean): void {
    const { connecting } = this.targets.parts();
    const name = this.request.key;
    const others = (connecting.get(name) ?? []).filter((one) => one.request !== this.request);
    if (begins) others.push({ owner: this.owner, request: this.request });
    connecting.set(name, others);
  }

  /** Later in the sender's process. */
  private later(ms: number, run: () => void): void {
    this.targets.parts().timeline.after(ms, this.owner, run);
  }
}

/** The answer of a target that does nothing; undefined where it carries the request out. What it did before it does not refuse. */
function refusal(behaviour: Behaviour, request: ActionRequest, known: boolean): Outcome | undefined {
  switch (behaviour) {
    case 'refuses':
      return known
        ? undefined
        : { kind: 'terminal', error: flowError('validation', 'The target refuses this.', { status: 422 }) };
    case 'busy':
      return {
        kind: 'retryable',
        left: true,
        afterMs: 200,
        error: flowError('communication', 'The target is busy.', { status: 429 }),
      };
    case 'fails':
      return serverError(request);
    default:
      return undefined;
  }
}

/** A 500 tells of a `once` effect nothing about whether it was applied. */
function serverError(request: ActionRequest): Outcome {
  const error = flowError('communication', 'The target failed.', { status: 500 });
  return request.guarantee === 'once' ? { kind: 'ambiguous', error } : { kind: 'retryable', left: true, error };
}

function unanswered(detail: string): Outcome {
  return { kind: 'ambiguous', error: flowError('communication', detail) };
}
