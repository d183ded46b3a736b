import type { Boundary } from './fault-table.ts';

/** How a seed is bent so that the boundary which it is about is met. */
export interface Shape {
  /** How often a task makes a value that is too large for the journal. */
  readonly large: number;
  /** How often a wait is so long that its run leaves memory. */
  readonly longWaits: number;
  /** How much targets misbehave; undefined: the seed says. */
  readonly harm?: number;
  /** Each worker compiles its flows itself. */
  readonly ownFlows: boolean;
  /** Whether workers keep wire files; undefined: the seed says. */
  readonly wires?: boolean;
  /** Flows are as large as they get, so that much may happen to a run. */
  readonly longRuns?: boolean;
  /** All effects are of the kind that happens once at most. */
  readonly onlyOnce?: boolean;
  /** A schedule is in force. */
  readonly scheduled?: boolean;
  /** What happens at the first commits, so that something follows from it. */
  readonly script?: { readonly what: 'crash' | 'drain' | 'lostReply'; readonly times: number };
}

const plain: Shape = { large: 0.003, longWaits: 0.04, ownFlows: false };
const bent: Partial<Record<Boundary, Partial<Shape>>> = {
  question: { harm: 1 },
  'evict.before': { longWaits: 0.7, harm: 1 },
  'timer.due': { longWaits: 0.3 },
  'takeover.loaded': { script: { what: 'crash', times: 1 } },
  'call.flow': { ownFlows: true },
  'call.run': { longWaits: 0.3, script: { what: 'lostReply', times: 2 } },
  'call.payloads': { large: 0.9, longRuns: true, script: { what: 'crash', times: 4 } },
  'call.mark': { longRuns: true, script: { what: 'crash', times: 6 } },
  'wire.leaving': { wires: true },
  'wire.read': { wires: true, longRuns: true, onlyOnce: true, script: { what: 'crash', times: 4 } },
  'call.schedule': { scheduled: true },
  'call.dueSchedules': { scheduled: true },
  'call.release': { script: { what: 'drain', times: 1 } },
  'release.before': { script: { what: 'drain', times: 1 } },
};

/** The shape of seeds that are about a boundary. */
export function shapeFor(boundary: Boundary): Shape {
  return { ...plain, ...bent[boundary] };
}
