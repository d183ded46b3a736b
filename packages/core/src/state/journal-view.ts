import type { Json, JsonObject } from '../json.ts';
import type { RunEvent } from './events.ts';

/** A journal event as people and programs outside see it. */
export interface PublicEvent extends JsonObject {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
}

interface Place {
  readonly step: string;
  readonly name: string;
  readonly kind: string;
  readonly visit: number;
  attempt?: number;
  iteration?: number;
  readonly parent?: Place;
}

/** Turns journal events, from a run's first on, into public ones: each says its step, name, visit, iteration and attempt. */
export class JournalView {
  private readonly places = new Map<number, Place>();
  private seq = 0;

  /** The public form of the next event. */
  push(event: RunEvent): PublicEvent {
    this.seq += 1;
    if (event.type === 'task.started') this.enter(event);
    const place = 'f' in event ? this.places.get(event.f) : undefined;
    if (place !== undefined) advance(place, event);
    const shown: Record<string, Json> = { seq: this.seq, at: new Date(event.at).toISOString(), type: event.type };
    if (place !== undefined) Object.assign(shown, describe(place));
    Object.assign(shown, detailsOf(event));
    if ('f' in event && closing.has(event.type)) this.places.delete(event.f);
    return shown as PublicEvent;
  }

  private enter(event: Extract<RunEvent, { type: 'task.started' }>): void {
    const parent = this.places.get(event.p);
    this.places.set(event.f, {
      step: event.step,
      name: nameOf(event.step),
      kind: event.kind,
      visit: event.v,
      ...(event.intent === undefined ? {} : { attempt: 1 }),
      ...(parent === undefined ? {} : { parent }),
    });
  }
}

/** A task's own name: the last part of its JSON pointer. */
export function nameOf(step: string): string {
  return step
    .slice(step.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

const closing = new Set<string>(['task.completed', 'task.faulted', 'task.cancelled']);
const hidden = new Set<string>([
  ...['type', 'at', 'f', 'p', 'i', 'v', 'step', 'kind', 'a'],
  // How a retry tells what it meets again, and what a listen has counted.
  ...['hash', 'place', 'size'],
]);
const longNames: Record<string, string> = {
  out: 'output',
  in: 'input',
  ctx: 'context',
  raw: 'rawOutput',
  arg: 'argument',
  n: 'number',
  due: 'deadline',
};
/** Whether outside readers see a member of an event by itself. */
export function isShown(member: string): boolean {
  return !hidden.has(member);
}

/** The name that outside readers see for a member of an event. A run's start tells its input as it was given, too. */
export function publicName(type: string, member: string): string {
  if (type === 'run.started' && member === 'in') return 'transformedInput';
  return longNames[member] ?? member;
}

const timeMembers = new Set(['due', 'until', 'retryAt', 'attemptDue', 'nextAt']);

function advance(place: Place, event: RunEvent): void {
  if (event.type === 'attempt.started') place.attempt = event.a;
  if (event.type === 'iteration.started' || event.type === 'page.started') place.iteration = event.n;
}

function describe(place: Place): JsonObject {
  const shown: Record<string, Json> = { step: place.step, name: place.name, kind: place.kind, visit: place.visit };
  for (let above = place.parent; above !== undefined; above = above.parent) {
    if (above.iteration === undefined) continue;
    shown['iteration'] = above.iteration;
    break;
  }
  if (place.attempt !== undefined) shown['attempt'] = place.attempt;
  return shown;
}

function detailsOf(event: RunEvent): JsonObject {
  const shown: Record<string, Json> = {};
  for (const [member, value] of Object.entries(event as unknown as JsonObject)) {
    if (!isShown(member)) continue;
    const time = timeMembers.has(member) && typeof value === 'number';
    shown[publicName(event.type, member)] = time ? new Date(value).toISOString() : (value as Json);
  }
  return shown;
}
