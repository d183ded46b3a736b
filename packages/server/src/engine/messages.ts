import { randomUUID } from 'node:crypto';
import type { AuditEntry, DecisionRow, InboxMessage, Json, Verdict } from '@pawl/core';
import { PawlError, partitionOf } from '@pawl/core';
import { fateOf, requireAnswer, tooLate } from './answers.ts';
import type { EngineContext } from './context.ts';
import { readState, requireNotAside, requireRun } from './read-run.ts';

/** What became of a message: its run took it, another one was first, or its owner has not said yet. */
export type MessageVerdict = 'taken' | 'lost' | 'pending';

/** What became of an answer; `recorded`: it is the first of two approvals. */
export type DecisionVerdict = 'taken' | 'recorded' | 'pending';

/** Who sends a message, and why. */
export interface Sender {
  readonly by: string;
  readonly reason?: string;
}

/** How long the owner's verdict is waited for, and how often it is looked for (ms). */
const patienceMs = 5_000;
const pollMs = 100;

/** Sends messages to runs: their owner alone decides them, in the order of acceptance. */
export class Messages {
  private readonly context: EngineContext;
  /** The last decision of each question that is under way here: the next one of this process waits for it. */
  private readonly deciding = new Map<string, Promise<unknown>>();

  constructor(context: EngineContext) {
    this.context = context;
  }

  /** Asks a run to end. Throws PAWL_RUN_UNKNOWN, PAWL_RUN_QUARANTINED. 'lost': it had ended otherwise; a run that is cancelled already is 'taken'. */
  async cancel(run: string, { by, reason }: Sender): Promise<MessageVerdict> {
    await requireRun(this.context, run);
    await requireNotAside(this.context, run);
    const settled = async (): Promise<MessageVerdict | undefined> => {
      const state = await readState(this.context, run);
      if (state?.cancel !== undefined || state?.status === 'cancelled') return 'taken';
      return state === undefined || state.status === 'running' ? undefined : 'lost';
    };
    const known = await settled();
    if (known !== undefined) return known;
    const why = reason === undefined ? {} : { reason };
    await this.send(run, { kind: 'cancel', by, ...why }, { by, ...why, act: 'run.cancel', object: `run/${run}` });
    return this.wait(run, settled);
  }

  /**
   * Lets a run go on that was set aside; its owner loads it, and sets it aside again where deciding it fails again.
   * Throws PAWL_RUN_UNKNOWN, PAWL_RUN_NOT_SET_ASIDE.
   */
  async resume(run: string, { by, reason }: Sender): Promise<void> {
    await requireRun(this.context, run);
    const { api, clock, workspace, worker } = this.context;
    const why = reason === undefined ? {} : { reason };
    const resumed = await api.resume({ workspace, run, at: clock.now(), by, ...why, message: randomUUID() });
    if (!resumed) throw new PawlError('PAWL_RUN_NOT_SET_ASIDE', `Run ${run} was not set aside; nothing was changed.`);
    worker()?.wake();
  }

  /**
   * Answers a question. Throws PAWL_DECISION_UNKNOWN, PAWL_RUN_QUARANTINED, PAWL_DECISION_TAKEN where it was answered
   * otherwise or is void, PAWL_DECISION_INVALID and PAWL_DECISION_REFUSED where it does not take the answer.
   */
  async decide(id: string, verdict: Verdict, sender: Sender): Promise<DecisionVerdict> {
    // Two equal answers of one person could not be told apart afterwards, so they are sent one after the other.
    const before = this.deciding.get(id) ?? Promise.resolve();
    const answer = before.then(() => this.decideNext(id, verdict, sender));
    const settled = answer.catch(() => undefined);
    this.deciding.set(id, settled);
    try {
      return await answer;
    } finally {
      if (this.deciding.get(id) === settled) this.deciding.delete(id);
    }
  }

  private async decideNext(id: string, verdict: Verdict, { by, reason }: Sender): Promise<DecisionVerdict> {
    const question = await this.question(id);
    if (question.decided !== null) throw tooLate(question);
    requireAnswer(question, verdict, by);
    await requireNotAside(this.context, question.run);
    const why = reason === undefined ? {} : { reason };
    await this.send(
      question.run,
      { kind: 'decision', decision: id, verdict, by, ...why },
      {
        ...{ by, ...why, act: 'decision.make', object: `decision/${id}` },
        ...{ before: { run: question.run }, after: { run: question.run, verdict: verdict as Json } },
      },
    );
    return this.wait(question.run, async () => {
      const now = await this.question(id);
      const fate = fateOf(question, now, verdict, by);
      if (fate === 'lost') throw tooLate(now);
      return fate;
    });
  }

  /** A question, open or decided. Throws PAWL_DECISION_UNKNOWN. */
  async question(id: string): Promise<DecisionRow> {
    const question = await this.context.api.decision(this.context.workspace, id);
    if (question === undefined)
      throw new PawlError('PAWL_DECISION_UNKNOWN', `There is no decision ${id.slice(0, 100)}.`);
    return question;
  }

  /** The entry is added with the message, which is what makes it happen; the journal says what became of it. */
  private async send(run: string, message: InboxMessage, did: Omit<AuditEntry, 'workspace' | 'at'>): Promise<void> {
    const { api, clock, workspace } = this.context;
    const at = clock.now();
    const row = { partition: partitionOf(run), id: randomUUID(), run, at, message };
    if (!(await api.send(workspace, row, { ...did, workspace, at })))
      throw new PawlError('PAWL_RUN_UNKNOWN', `There is no run ${run}.`);
  }

  private async wait<Fate>(run: string, settled: () => Promise<Fate | undefined>): Promise<Fate | 'pending'> {
    const { clock, feed, worker } = this.context;
    const end = clock.mono() + patienceMs;
    const follower = feed.follow(run);
    try {
      worker()?.wake();
      for (;;) {
        const verdict = await settled();
        if (verdict !== undefined) return verdict;
        if (clock.mono() > end) {
          // Set aside meanwhile: the message waits, and the run must be taken back first.
          await requireNotAside(this.context, run);
          return 'pending';
        }
        await follower.woken(pollMs);
      }
    } finally {
      follower.close();
    }
  }
}
