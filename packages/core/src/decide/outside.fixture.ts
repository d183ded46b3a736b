import { flowError } from '../flow-error.ts';
import type { JsonObject } from '../json.ts';
import type { ChildEnd, EventKey } from '../ports.ts';
import type { RunEvent } from '../state/events.ts';
import type { RunState } from '../state/state.ts';
import { cloudEvent } from './listen.fixture.ts';
import { hasListener } from './listeners.ts';
import type { Decision, Pending, Stimulus } from './types.ts';

type Fate = 'given' | 'taken' | 'returned' | 'refused';

/** The events that come to a run and the runs that it starts: what was promised of them is checked as it goes. */
export class Outside {
  private readonly random: () => number;
  private readonly events = new Map<string, { readonly key: EventKey; readonly event: JsonObject }>();
  /** What became of each event at each step. */
  private readonly fates = new Map<string, Map<string, Fate>>();
  private readonly children = new Map<string, { open: boolean; asked: boolean }>();
  private readonly emitted = new Set<string>();
  /** What each listening frame took and did not handle: items first to last, and what `until` took. */
  private readonly held = new Map<number, { items: string[]; ending: string[] }>();

  constructor(random: () => number) {
    this.random = random;
  }

  /** An event for a step: one that it gave back, or a new one. */
  event({ step }: Extract<Pending, { kind: 'event' }>, at: number): Stimulus {
    const fates = this.fatesOf(step);
    const again = [...fates].find(([, fate]) => fate === 'returned');
    const id = again !== undefined && this.random() < 0.5 ? again[0] : this.newEvent();
    const { key, event } = this.events.get(id) as { key: EventKey; event: JsonObject };
    fates.set(id, 'given');
    return { kind: 'event', at, step, key, event };
  }

  /** The end of a child run. One that was asked to cancel mostly does. */
  child({ frame, child }: Extract<Pending, { kind: 'child' }>, at: number, calm: boolean): Stimulus {
    const known = this.children.get(child);
    if (known?.open !== true) throw new Error('a child is waited for that was not started, or has ended');
    known.open = false;
    const chance = this.random();
    let end: ChildEnd = { status: 'completed', output: { n: Math.floor(chance * 3) } };
    if (known.asked && chance < 0.7) end = { status: 'cancelled' };
    else if (!calm && chance < 0.2) end = { status: 'cancelled' };
    else if (!calm && chance < 0.5) end = { status: 'faulted', error: flowError('validation', 'so it was') };
    return { kind: 'child', at, frame, child, end };
  }

  /** Notes what a decision said, and throws where it breaks a promise. `state`: the run after it. */
  took(decision: Decision, stimulus: Stimulus | undefined, state: RunState): void {
    if (stimulus?.kind === 'event') this.offered(stimulus.step, stimulus.key.event, decision);
    for (const event of decision.events) this.said(event);
    if (state.status === 'running') return this.checkOpen(state);
    for (const [id, { open }] of this.children) if (open) throw new Error(`child ${id} outlives its run`);
  }

  private offered(step: string, id: string, decision: Decision): void {
    const { event: fate } = decision;
    if (fate === undefined) throw new Error('a decision about an event must say what became of it');
    const taken = decision.events.some((one) => one.type === 'event.taken' && one.key.event === id);
    if (taken !== (fate === 'taken')) throw new Error(`an event is ${fate}, but the journal says otherwise`);
    this.fatesOf(step).set(id, fate);
  }

  private said(event: RunEvent): void {
    switch (event.type) {
      case 'event.emitted': {
        const id = String(event.event['id']);
        if (this.emitted.has(id)) throw new Error('two events have one id');
        this.emitted.add(id);
        return;
      }
      case 'event.taken': {
        const held = this.held.get(event.f) ?? { items: [], ending: [] };
        this.held.set(event.f, held);
        (event.value === undefined ? held.ending : held.items).push(event.key.event);
        return;
      }
      case 'iteration.ended':
        this.held.get(event.f)?.items.shift();
        return;
      case 'task.completed':
        this.held.delete(event.f);
        return;
      case 'task.faulted':
      case 'task.cancelled':
        this.mustBeEmpty(event.f);
        return;
      case 'event.returned':
        this.givenBack(event.f, event.keys);
        for (const key of event.keys) {
          const fates = this.fatesOf(event.step);
          if (fates.get(key.event) !== 'taken') throw new Error('an event is given back that was not taken');
          fates.set(key.event, 'returned');
        }
        return;
      case 'child.started':
        if (this.children.has(event.child)) throw new Error('a child is started twice');
        this.children.set(event.child, { open: event.detached !== true, asked: false });
        return;
      case 'child.stopping': {
        const child = this.children.get(event.child);
        if (child?.open !== true || child.asked) throw new Error('a child is asked to cancel twice, or too late');
        child.asked = true;
        return;
      }
      default:
    }
  }

  private mustBeEmpty(f: number): void {
    const { items = [], ending = [] } = this.held.get(f) ?? {};
    if (items.length + ending.length > 0) throw new Error('a listen that failed keeps events');
    this.held.delete(f);
  }

  private givenBack(f: number, keys: readonly EventKey[]): void {
    const { items = [], ending = [] } = this.held.get(f) ?? {};
    const returned = keys.map((key) => key.event).join();
    if (returned !== [...items, ...ending].join()) throw new Error('what is given back is not what was held');
    this.held.delete(f);
  }

  /** What frames hold is what was taken or started, and every open child has its frame. */
  private checkOpen(state: RunState): void {
    const open = new Set<string>();
    for (const { step, listen, child } of state.frames.values()) {
      if (child?.open) open.add(child.id);
      if (listen === undefined) continue;
      for (const key of [...listen.keys, ...(listen.ending ?? [])]) {
        if (this.fatesOf(step).get(key.event) !== 'taken')
          throw new Error('a listen holds an event that it did not take');
      }
      if (listen.last === true && hasListener(state, step)) this.sameStep(state, step);
    }
    for (const [id, one] of this.children) if (one.open !== open.has(id)) throw new Error(`child ${id} is forgotten`);
  }

  /** A step that takes no more events listens only where another visit of it is open beside it. */
  private sameStep(state: RunState, step: string): void {
    const visits = [...state.frames.values()].filter((frame) => frame.step === step);
    if (visits.length < 2) throw new Error('a listen that is over wants events');
  }

  private newEvent(): string {
    const id = String(this.events.size);
    const type = `e${Math.floor(this.random() * 3)}`;
    const data = this.random() < 0.1 ? 'text' : { n: Math.floor(this.random() * 3), c: Math.floor(this.random() * 2) };
    this.events.set(id, { key: { partition: 7, event: id }, event: cloudEvent(type, data, { id }) });
    return id;
  }

  private fatesOf(step: string): Map<string, Fate> {
    const fates = this.fates.get(step) ?? new Map<string, Fate>();
    this.fates.set(step, fates);
    return fates;
  }
}
