import type { FlowVersion, Hash, JsonObject, ScheduleRow, ScheduleSpec, ScheduleState } from '@pawl/core';
import {
  compileSchedule,
  decideSchedule,
  eventPartition,
  eventRow,
  flowHash,
  partitionOf,
  scheduleId,
} from '@pawl/core';
import { newsTypes } from '../flows/random-events.ts';
import { simulationStart } from '../sim/clock.ts';
import { simHash } from '../sim/hash.ts';
import type { Prng } from '../sim/prng.ts';
import type { Timeline } from '../sim/timeline.ts';
import { outside } from '../sim/timeline.ts';
import type { SimStore } from '../store/sim-store.ts';
import type { People } from './people.ts';

/** What whoever plans and publishes needs of the world. */
export interface PlannerWorld {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly store: SimStore;
  readonly people: People;
  readonly hash: Hash;
  readonly healed: boolean;
}

const workspace = 'default';
/** Type of the events that start runs. */
const orderType = 'sim.order';

/** A schedule of a seed, and what it must have led to. */
export interface Plan {
  /** The versions that are in force one after the other. */
  readonly flows: readonly FlowVersion[];
  readonly spec: ScheduleSpec;
  /** As it was when it was taken away; of one that is started by events, as it is. */
  last: ScheduleState | undefined;
}

/** Whoever publishes events, and puts schedules in force and takes them away. */
export class Planner {
  /** The schedule of this seed, if it has one. */
  plan: Plan | undefined;
  /** Numbers of the orders that were published. */
  readonly orders: number[] = [];
  private planned = false;
  private readonly world: PlannerWorld;
  private readonly prng: Prng;

  constructor(world: PlannerWorld, prng: Prng) {
    this.world = world;
    this.prng = prng;
  }

  /** Whether there will be no schedule. */
  get isIdle(): boolean {
    return !this.planned;
  }

  /** Publishes a few events that anybody may want. */
  publishNews(): void {
    const { prng } = this;
    for (let left = prng.int(8); left > 0; left -= 1) {
      const data = { n: prng.int(9), left };
      this.publish(prng.between(0, prng.pick([50, 6_000])), prng.pick(newsTypes), data);
    }
  }

  /** Puts a schedule in force after a while; one of the clock is taken away again once what it owes is done. */
  schedule(): void {
    const { prng, world } = this;
    this.planned = true;
    const when = drawWhen(prng);
    const flows = ['1.0.0', '1.0.1', '1.0.2'].map((version) => scheduledFlow(version, when, prng));
    const spec = compileSchedule(JSON.parse(flows[0]?.document ?? '{}') as JsonObject);
    if (spec === undefined) throw new Error('the flow has no schedule');
    const after = prng.between(0, 1_000);
    const plan: Plan = { flows, spec, last: undefined };
    world.people.waiting += 1;
    world.timeline.after(after, outside, () => {
      this.plan = plan;
      this.deploy(plan);
      for (const version of flows.slice(1, 1 + prng.int(flows.length))) this.deployLater(version);
      if (spec.kind === 'on') world.people.waiting -= 1;
      else this.takeAway(plan, world.timeline.time + prng.between(2_000, 8_000));
    });
    if (spec.kind !== 'on') return;
    for (let nr = 1 + prng.int(5); nr > 0; nr -= 1) {
      this.orders.push(nr);
      this.publish(after + prng.between(1, prng.pick([20, 5_000])), orderType, { nr });
    }
  }

  private publish(after: number, type: string, data: JsonObject): void {
    const { people, timeline, store, hash } = this.world;
    const id = this.prng.hex(6);
    people.publish(after, `https://example.com/people ${id}`, () => {
      const event = { specversion: '1.0', source: 'https://example.com/people', id, type, data };
      const row = eventRow(event, Math.floor(simulationStart + timeline.time), { workspace, hash });
      return store.api.acceptEvents?.([row]) ?? Promise.resolve([]);
    });
  }

  /** Puts another version in force, which does the same; what is known of the schedule stays. */
  private deployLater(version: FlowVersion): void {
    const { timeline, store } = this.world;
    timeline.after(this.prng.between(0, this.prng.pick([100, 6_000])), outside, () => {
      const { schedules } = store.tables.events;
      store.tables.flows.set(version.hash, version);
      for (const row of schedules.values()) schedules.set(row.id, { ...row, flow: version.hash });
    });
  }

  private deploy({ flows, spec }: Plan): void {
    const { hash, store, timeline } = this.world;
    const [flow] = flows;
    if (flow === undefined) return;
    const id = scheduleId(workspace, flow.namespace, flow.name, hash);
    const now = Math.floor(simulationStart + timeline.time);
    const { state, at } = decideSchedule(id, spec, undefined, { kind: 'deployed', at: now }, hash);
    const row: ScheduleRow = {
      ...{ id, partition: partitionOf(id), workspace, namespace: flow.namespace, name: flow.name },
      ...{ flow: flow.hash, at, state: JSON.stringify(state), paused: false },
    };
    const { tables } = store;
    tables.flows.set(flow.hash, flow);
    tables.events.schedules.set(id, row);
    if (spec.kind !== 'on') return;
    const partition = eventPartition(workspace, orderType, hash);
    const match = { type: orderType };
    tables.events.subscribe({
      partition,
      workspace,
      listener: id,
      step: '',
      filter: 0,
      match,
      since: now,
      kept: false,
    });
  }

  /** From then on it may go, once the ticks before are dealt with or no run of it is under way. */
  private takeAway(plan: Plan, from: number): void {
    const { timeline, people, store } = this.world;
    const { schedules } = store.tables.events;
    timeline.after(100, outside, () => {
      const [row] = schedules.values();
      const state = row && (JSON.parse(row.state) as ScheduleState);
      const settled =
        plan.spec.kind === 'after'
          ? row?.at !== null && (state?.runs ?? 0) > 0
          : (state?.last ?? 0) >= simulationStart + from;
      if (row !== undefined && !(this.world.healed && timeline.time >= from && settled))
        return this.takeAway(plan, from);
      if (row !== undefined) schedules.delete(row.id);
      plan.last = state;
      people.waiting -= 1;
    });
  }
}

function drawWhen(prng: Prng): JsonObject {
  switch (prng.weighted({ every: 2, cron: 1, after: 2, on: 3 })) {
    case 'every':
      return { every: { milliseconds: 400 + prng.int(2_000) } };
    case 'cron':
      return { cron: `*/${1 + prng.int(3)} * * * * *` };
    case 'after':
      return { after: { milliseconds: 100 + prng.int(1_500) } };
    case 'on':
      return { on: { one: { with: { type: orderType } } } };
  }
}

/** A short flow with an effect; every missed tick is made up for. */
function scheduledFlow(version: string, schedule: JsonObject, prng: Prng): FlowVersion {
  const tasks: JsonObject[] = [{ s: { call: prng.pick(['sim.keyed', 'sim.idempotent']), with: { step: 's' } } }];
  if (prng.chance(0.4)) tasks.push({ w: { wait: { milliseconds: 1 + prng.int(1_500) } } });
  const metadata = { pawl: { schedule: { missed: 'all' } } };
  const document = {
    document: { dsl: '1.0.3', namespace: 'sim', name: 'planned', version, metadata },
    schedule,
    do: tasks,
  };
  const text = JSON.stringify(document);
  const hash = flowHash(document, simHash);
  return { hash, namespace: 'sim', name: 'planned', version, document: text, source: text, createdAt: 0 };
}
