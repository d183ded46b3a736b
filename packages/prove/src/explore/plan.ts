import type { Prng } from '../sim/prng.ts';
import type { Boundary, FaultKind } from './fault-table.ts';
import { faultKinds, pairs, possible } from './fault-table.ts';

/** A fault at a boundary. */
export interface Focus {
  readonly kind: FaultKind;
  readonly boundary: Boundary;
}

/** Boundaries that a seed meets once or twice, if at all. */
const rare: ReadonlySet<Boundary> = new Set([
  ...(['call.payloads', 'call.mark', 'call.schedule', 'call.run', 'wire.read'] as const),
]);

/** Which faults a seed injects, and where: one pair that it is about, and a random handful besides. */
export class FaultPlan {
  /** The fault that this seed is about. */
  readonly focus: Focus;
  /** Faults that happened, by kind and boundary. */
  readonly fired = new Map<string, number>();
  /** How many faults happened. */
  count = 0;
  private readonly prng: Prng;
  /** At which of its visits the focus happens, counted down. */
  private visits: number;
  private budget: number;
  private readonly rate: number;
  private readonly at = new Map<Boundary, FaultKind[]>();
  private on = true;

  constructor(seed: number, prng: Prng, focus?: Focus) {
    this.prng = prng;
    this.focus = focus ?? (pairs[seed % pairs.length] as Focus);
    this.visits = 1 + Math.floor(prng.next() ** 2 * (rare.has(this.focus.boundary) ? 2 : 8));
    this.budget = prng.int(6);
    this.rate = prng.pick([0.002, 0.01, 0.03]);
    // A random part of the kinds at a time: each hides what another would show.
    const share = prng.pick([0.15, 0.4, 0.8]);
    for (const kind of faultKinds) {
      if (!prng.chance(share)) continue;
      for (const boundary of possible[kind]) {
        const kinds = this.at.get(boundary);
        if (kinds === undefined) this.at.set(boundary, [kind]);
        else kinds.push(kind);
      }
    }
  }

  /** Whether a fault of this kind may happen in this seed. */
  mayHappen(kind: FaultKind): boolean {
    return this.focus.kind === kind || [...this.at.values()].some((kinds) => kinds.includes(kind));
  }

  /** No more faults. */
  stop(): void {
    this.on = false;
  }

  /** The fault to inject at this visit of a boundary. `able` says whether a kind makes sense right now. */
  visit(boundary: Boundary, able: (kind: FaultKind) => boolean): FaultKind | undefined {
    // What people do is no fault: it goes on when nothing is broken any more.
    if (!this.on && boundary !== 'question' && boundary !== 'start') return undefined;
    const { focus } = this;
    if (focus.boundary === boundary && this.visits > 0 && able(focus.kind)) {
      this.visits -= 1;
      if (this.visits === 0) return this.fire(focus.kind, boundary);
    }
    if (this.budget === 0 || this.prng.next() >= this.rate) return undefined;
    const kinds = this.at.get(boundary);
    if (kinds === undefined) return undefined;
    const kind = this.prng.pick(kinds);
    if (!able(kind)) return undefined;
    this.budget -= 1;
    return this.fire(kind, boundary);
  }

  private fire(kind: FaultKind, boundary: Boundary): FaultKind {
    this.count += 1;
    const name = `${kind} ${boundary}`;
    this.fired.set(name, (this.fired.get(name) ?? 0) + 1);
    return kind;
  }
}
