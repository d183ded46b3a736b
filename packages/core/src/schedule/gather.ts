import { offer } from '../decide/strategy/offer.ts';
import type { Progress } from '../decide/strategy/offer.ts';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { evaluate, truthy } from '../program/expression.ts';
import type { Variables } from '../program/expression.ts';
import { FlowFault } from '../program/fault.ts';
import type { StrategyNode } from '../program/strategy.ts';

/** Events that belong to one run to come. */
export interface Group extends Progress {
  readonly events: readonly JsonObject[];
}

/**
 * Puts an event to the events that it belongs with. Several sets may be under way at once: one for each correlation, and
 * where a filter was met before, the event begins the next set. An event that meets no filter changes nothing.
 */
export function gather(
  strategy: StrategyNode,
  groups: readonly Group[],
  event: JsonObject,
): {
  readonly complete: readonly JsonObject[] | undefined;
  readonly incomplete: readonly Group[];
  readonly dropped: number;
} {
  for (const [i, group] of [...groups, none].entries()) {
    const verdict = offer(strategy, group, event, nothing);
    if (verdict.kind === 'refused') break;
    if (verdict.kind === 'later') continue;
    const others = groups.filter((_, other) => other !== i);
    const events = verdict.until ? group.events : [...group.events, event];
    if (verdict.last || isEnough(strategy, events)) return { complete: events, incomplete: others, dropped: 0 };
    const { met, bound } = group;
    const grown: Group = { met: [...met, verdict.filter], bound: { ...bound, ...verdict.bound }, events };
    const incomplete = [...groups.slice(0, i), grown, ...groups.slice(i + 1)];
    return { complete: undefined, ...bounded(incomplete) };
  }
  return { complete: undefined, incomplete: groups, dropped: 0 };
}

/** Sets that never become complete must not grow for ever: the oldest goes first. */
function bounded(groups: readonly Group[]): { readonly incomplete: readonly Group[]; readonly dropped: number } {
  let kept = groups;
  let dropped = 0;
  for (let size = count(kept); size > limits.gatheredEvents && kept.length > 1; size = count(kept)) {
    dropped += kept[0]?.events.length ?? 0;
    kept = kept.slice(1);
  }
  return { incomplete: kept, dropped };
}

function count(groups: readonly Group[]): number {
  return groups.reduce((sum, { events }) => sum + events.length, 0);
}

/** `until` as an expression is asked of all events so far; one that fails holds of nothing. */
function isEnough({ until }: StrategyNode, events: readonly Json[]): boolean {
  if (until === undefined) return false;
  try {
    return truthy(evaluate(until, events, nothing));
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return false;
  }
}

const none: Group = { met: [], bound: {}, events: [] };
/** There is no run yet that a variable could tell of. */
const nothing: Variables = { get: () => null, now: 0 };
