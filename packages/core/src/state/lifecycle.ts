import type { JsonObject } from '../json.ts';
import type { RunEvent } from './events.ts';
import type { Frame } from './state.ts';

/** Whose life it is. */
export interface LifeOf {
  readonly run: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

const prefix = 'io.serverlessworkflow.';
const ofRun = ['started', 'correlation-started', 'correlation-completed', 'completed', 'faulted', 'cancelled'] as const;
const ofTask = ['created', 'started', 'retried', 'completed', 'faulted', 'cancelled'] as const;

/** Types of all the events that tell of the life of a run and its tasks. */
export const lifecycleTypes: readonly string[] = [
  ...ofRun.map((what) => `${prefix}workflow.${what}.v1`),
  ...ofTask.map((what) => `${prefix}task.${what}.v1`),
];

/**
 * Tells the life of a run and its tasks as CloudEvents, derived from its journal event by event. An event's id is made of
 * the run and the journal event's number, so that the same fact has the same id whenever it is derived.
 */
export class LifecycleView {
  private readonly of: LifeOf;
  /** Steps of active tasks by frame, and those that listen. */
  private readonly steps = new Map<number, string>();
  private readonly listening = new Set<number>();
  private seq: number;

  /** From a run's first event on, or from a state on: the number of its last event and its active steps. */
  constructor(of: LifeOf, from?: { readonly seq: number; readonly frames: ReadonlyMap<number, Frame> }) {
    this.of = of;
    this.seq = from?.seq ?? 0;
    for (const { id, step, kind } of from?.frames.values() ?? []) {
      if (kind !== 'root' && kind !== 'branch') this.enter(id, step, kind === 'listen');
    }
  }

  /** What the next journal event of the run tells. */
  push(event: RunEvent): readonly JsonObject[] {
    this.seq += 1;
    switch (event.type) {
      case 'run.started':
        return [this.workflow('started', event.at, 'startedAt')];
      case 'run.completed':
        return [this.workflow('completed', event.at, 'completedAt', { outputUri: this.uri })];
      case 'run.faulted':
        return [this.workflow('faulted', event.at, 'faultedAt', { error: { ...event.error } })];
      case 'run.cancelled':
        return [this.workflow('cancelled', event.at, 'cancelledAt')];
      case 'task.started':
        return this.taskStarted(event);
      case 'task.retried':
        return [this.task('retried', event.f, event.at, 'retriedAt')];
      case 'task.completed':
        return this.left(event.f, event.at, this.task('completed', event.f, event.at, 'completedAt'), true);
      case 'task.faulted': {
        const error = { error: { ...event.error } };
        return this.left(event.f, event.at, this.task('faulted', event.f, event.at, 'faultedAt', error), false);
      }
      case 'task.cancelled':
        return this.left(event.f, event.at, this.task('cancelled', event.f, event.at, 'cancelledAt'), false);
      default:
        return none;
    }
  }

  private get uri(): string {
    return `/api/v1/runs/${this.of.run}`;
  }

  private taskStarted({ f, step, kind, at }: Extract<RunEvent, { type: 'task.started' }>): readonly JsonObject[] {
    this.enter(f, step, kind === 'listen');
    const begun = [this.task('created', f, at, 'createdAt'), this.task('started', f, at, 'startedAt')];
    return kind === 'listen' ? [...begun, this.workflow('correlation-started', at, 'startedAt')] : begun;
  }

  private enter(frame: number, step: string, listens: boolean): void {
    this.steps.set(frame, step);
    if (listens) this.listening.add(frame);
  }

  private left(frame: number, at: number, told: JsonObject, completed: boolean): readonly JsonObject[] {
    this.steps.delete(frame);
    const listened = this.listening.delete(frame);
    if (!listened || !completed) return [told];
    return [this.workflow('correlation-completed', at, 'completedAt'), told];
  }

  private workflow(what: (typeof ofRun)[number], at: number, when: string, more: JsonObject = {}): JsonObject {
    const { run, namespace, name } = this.of;
    return this.cloudEvent('workflow', what, at, {
      name: `${name}-${run}.${namespace}`,
      [when]: new Date(at).toISOString(),
      ...more,
    });
  }

  private task(
    what: (typeof ofTask)[number],
    frame: number,
    at: number,
    when: string,
    more: JsonObject = {},
  ): JsonObject {
    const { run, namespace, name } = this.of;
    return this.cloudEvent('task', what, at, {
      workflow: `${name}-${run}.${namespace}`,
      task: this.steps.get(frame) ?? '',
      [when]: new Date(at).toISOString(),
      ...more,
    });
  }

  private cloudEvent(of: 'workflow' | 'task', what: string, at: number, data: JsonObject): JsonObject {
    const { run, namespace, name, version } = this.of;
    return {
      specversion: '1.0',
      id: `${run}:${this.seq}:${of}.${what}`,
      source: `/${namespace}/${name}/${version}`,
      type: `${prefix}${of}.${what}.v1`,
      subject: `${name}-${run}.${namespace}`,
      time: new Date(at).toISOString(),
      datacontenttype: 'application/json',
      data,
    };
  }
}

const none: readonly JsonObject[] = [];
