import type { DecisionRow, InboxMessage, Json, StartAnswer, StartKey } from '@pawl/core';
import { canonicalJson, partitionOf } from '@pawl/core';
import { simulationStart } from '../sim/clock.ts';
import { simHash } from '../sim/hash.ts';
import type { Prng } from '../sim/prng.ts';
import type { Timeline } from '../sim/timeline.ts';
import { outside } from '../sim/timeline.ts';
import type { SimStore } from '../store/sim-store.ts';
import type { SimTargets } from '../targets/sim-targets.ts';
import type { AuditedIntent, Auditor } from './auditor.ts';
import type { SimWorker } from './sim-worker.ts';

/** A start that somebody asks for until it is answered. */
export interface Wish {
  readonly flow: string;
  readonly run: string;
  readonly input: Json;
  readonly key: StartKey | null;
}

/** What people and programs outside need of the world. */
export interface PeopleWorld {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly store: SimStore;
  readonly targets: SimTargets;
  readonly auditor: Auditor;
  /** A worker that can be asked to start a run. */
  anyWorker(): SimWorker | undefined;
  /** Whether a worker of this name may still do something. */
  isAlive(name: string): boolean;
  /** A start leaves; whether it is sent twice. */
  startLeaves(): boolean;
  /** A question is met; whether two people answer it at once. */
  questionMet(run: string): boolean;
}

const workspace = 'default';
/** How long an answer is waited for before a request is sent again (ms). */
const patience = 2_000;
/** A lease (ms): so long after its deadline an attempt of a worker that may still live cannot leave any more. */
const lease = 10_000;
/** Pause between two looks at the open questions (ms). */
const lookEvery = 400;

/** Everybody who asks Pawl for something: starts runs, cancels them, and answers questions by looking at the ledger. */
export class People {
  /** Wishes that were answered. */
  answered: { readonly wish: Wish; readonly answer: StartAnswer }[] = [];
  /** Events that were accepted, by source and id. */
  readonly published: string[] = [];
  /** Requests that nobody has answered yet. */
  waiting = 0;
  private readonly world: PeopleWorld;
  private messages = 0;
  private readonly decided = new Set<string>();

  constructor(world: PeopleWorld) {
    this.world = world;
  }

  /** Starts a run after a while, and asks again until somebody answers. */
  wish(wish: Wish, after: number): void {
    this.waiting += 1;
    this.world.timeline.after(after, outside, () => {
      void this.ask(wish);
      if (this.world.startLeaves()) {
        this.waiting += 1;
        void this.ask(wish);
      }
    });
  }

  /** The database went back to an earlier state: answers about what it has lost are worth nothing, and questions may come again. */
  wentBack(): void {
    const { runs, inbox } = this.world.store.tables;
    this.answered = this.answered.filter(({ answer }) => runs.has(answer.run) || inbox.has(answer.run));
    this.decided.clear();
  }

  /** Publishes an event after a while, and again until it is accepted. */
  publish(after: number, name: string, accept: () => Promise<unknown>): void {
    this.waiting += 1;
    this.world.timeline.after(after, outside, () => {
      void this.untilAccepted(name, accept);
    });
  }

  cancel(run: string): void {
    this.send(run, { kind: 'cancel', by: 'lena' });
  }

  /** Looks at the open questions again and again. */
  watchQuestions(): void {
    this.world.timeline.after(lookEvery, outside, () => {
      for (const record of this.world.store.tables.runs.values()) {
        for (const question of record.decisions.values()) if (question.decided === null) this.consider(question);
      }
      this.watchQuestions();
    });
  }

  private async untilAccepted(name: string, accept: () => Promise<unknown>): Promise<void> {
    const { prng } = this.world;
    while ((await this.within(accept())) === undefined) await this.sleep(prng.between(20, 400));
    // Some are sent again though they were accepted.
    if (prng.chance(0.1)) await this.within(accept());
    this.published.push(name);
    this.waiting -= 1;
  }

  private async ask(wish: Wish): Promise<void> {
    for (;;) {
      const answer = await this.within(this.start(wish));
      if (answer !== undefined && answer !== 'elsewhere') {
        this.answered.push({ wish, answer });
        this.waiting -= 1;
        return;
      }
      await this.sleep(this.world.prng.between(20, 400));
    }
  }

  private start({ run, flow, input, key }: Wish): Promise<StartAnswer | 'elsewhere' | undefined> {
    const { prng, store, auditor } = this.world;
    const worker = prng.chance(0.5) ? this.world.anyWorker()?.worker : undefined;
    if (worker !== undefined) {
      return worker.startRun({ run, workspace, flow, input, ...(key === null ? {} : { key }) }).catch(() => undefined);
    }
    const message = { kind: 'start', workspace, flow, input, key } as const;
    auditor.messages.set(run, { run, message });
    return store.api.start({ run, at: this.now(), message });
  }

  /** Answers a question once it is certain what the ledger says. */
  private consider(question: DecisionRow): void {
    const { targets, prng, auditor } = this.world;
    const audited = auditor.runs.get(question.run);
    const frame = [...(audited?.state.frames.values() ?? [])].find((one) => one.effect?.question === question.id);
    if (audited === undefined || frame?.effect === undefined || this.decided.has(question.id)) return;
    const { key } = frame.effect;
    const intents = [...audited.intents, ...(auditor.lostIntents.get(question.run) ?? [])];
    if (
      targets.mayStillArrive(key) ||
      intents.some((one) => one.intent.key === key && this.mayStillLeave(question.partition, one))
    )
      return;
    // Some take their time.
    if (prng.chance(0.3)) return;
    this.decided.add(question.id);
    const entry = targets.ledger.find(key);
    const truth: Json =
      entry !== undefined && entry.applied > 0 ? { applied: true, output: entry.output } : { applied: false };
    const verdict: Json = prng.chance(0.1) ? { fail: true } : truth;
    const both = this.world.questionMet(question.run);
    this.send(question.run, { kind: 'decision', decision: question.id, verdict, by: 'lena' });
    if (both)
      this.send(question.run, { kind: 'decision', decision: question.id, verdict: { fail: true }, by: 'user:max' });
  }

  /**
   * A "not applied" counts only once the attempt cannot leave any more: its worker has recorded its end or has died, or
   * its time is long over.
   */
  private mayStillLeave(partition: number, { intent, worker }: AuditedIntent): boolean {
    if (this.world.store.tables.leases[partition]?.worker === worker) return false;
    return this.world.isAlive(worker) && this.now() < intent.due + lease;
  }

  private send(run: string, message: InboxMessage): void {
    const { auditor, store, prng } = this.world;
    this.messages += 1;
    const id = `message-${this.messages}`;
    auditor.messages.set(id, { run, message });
    this.waiting += 1;
    const row = { partition: partitionOf(run), id, run, at: this.now(), message };
    const send = (): Promise<unknown> => store.api.send('default', row);
    const sent = prng.chance(0.1) ? send().then(send) : send();
    void sent.then(() => {
      this.waiting -= 1;
    });
  }

  private now(): number {
    return Math.floor(simulationStart + this.world.timeline.time);
  }

  private within<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise, this.sleep(patience).then(() => undefined)]);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.timeline.after(ms, outside, resolve);
    });
  }
}

/** The start key of a run, as the API makes it. */
export function startKey(flow: string, key: string, input: Json): StartKey {
  return {
    key,
    keyHash: simHash.sha256(canonicalJson([workspace, 'sim', flow, key])),
    fingerprint: simHash.sha256(canonicalJson(input)),
  };
}
