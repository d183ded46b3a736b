import type { Clock, CommitResult, Fault, Lease, Log, Random, WorkerStore } from '@pawl/core';
import { ensureError, FencedError, PoisonError, UnknownCommitError } from '@pawl/core';
import { backoffMs, sleep } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Part } from './part.ts';
import { commitOf, consumingPart } from './part.ts';
import type { MessageKey, Run } from './run-table.ts';

/** A part that is committed, or a start in it that lost to an earlier run with its key. */
export interface Settled {
  readonly part: Part;
  readonly lost: { readonly winner: string; readonly fingerprint: string } | undefined;
}

/** What the committer needs of its worker. */
export interface CommitHost {
  /** The run's share of the next commit; undefined where there is nothing to write. From here on the run flies. */
  prepare(run: Run): Part | undefined;
  /** The right to write a partition; undefined where it is lost. */
  lease(partition: number): Lease | undefined;
  /** What left with these commits may be shown and followed up. */
  settled(settled: readonly Settled[]): void;
  /** Another worker owns these partitions: their runs leave memory. */
  fenced(partitions: readonly number[]): void;
  /** The database refuses this part, and no other. */
  poisoned(part: Part, error: PoisonError): void;
  /** Finds out what a commit whose reply was lost has written, under new epochs. */
  unknown(parts: readonly Part[]): Promise<{ landed: readonly Part[]; again: readonly Part[] }>;
  /** The committer is broken for good. */
  failed(error: Error): void;
}

/** The ports that it works with. */
export interface CommitPorts {
  readonly store: Pick<WorkerStore, 'commit'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fault: Fault;
}

/**
 * Writes what was decided. One commit is in flight; meanwhile what comes is gathered, and the next commit takes all of
 * it. No timer delays it: an idle committer writes at once.
 */
export class Committer {
  /** Commits, and runs in them, since the start. */
  commits = 0;
  parts = 0;
  private readonly ports: CommitPorts;
  private readonly host: CommitHost;
  private gathering: Run[] = [];
  /** Index of the first run that was not taken yet. */
  private head = 0;
  private loose: Part[] = [];
  /** A part that had no room in the last commit. */
  private carried: Part | undefined;
  private busy = false;
  private stopped = false;

  constructor(ports: CommitPorts, host: CommitHost) {
    this.ports = ports;
    this.host = host;
  }

  /** The run has something to write. It is added once until it is prepared. */
  add(run: Run): void {
    this.gathering.push(run);
    this.kick();
  }

  /** Consumes a message that led to nothing. */
  consume(message: MessageKey): void {
    this.write(consumingPart(message));
  }

  /** Writes a part that is no run's. */
  write(part: Part): void {
    this.loose.push(part);
    this.kick();
  }

  /** Whether nothing is in flight and nothing waits. */
  get idle(): boolean {
    return !this.busy;
  }

  /** Runs that wait for the next commit. */
  get waiting(): number {
    return this.gathering.length - this.head;
  }

  /** Sends nothing more. */
  stop(): void {
    this.stopped = true;
  }

  private kick(): void {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.ports.clock.soon(this.drive);
  }

  private readonly drive = (): void => {
    this.loop().catch((error: unknown) => {
      this.stopped = true;
      this.host.failed(ensureError(error));
    });
  };

  /** The next commit is sent before the last one is followed up, so that the database and this process work at once. */
  private async loop(): Promise<void> {
    let done: readonly Settled[] = [];
    while (!this.stopped) {
      const parts = this.take();
      if (parts.length === 0) {
        if (done.length === 0) break;
        this.host.settled(done);
        done = [];
        continue;
      }
      const sending = this.send(parts);
      if (done.length > 0) {
        try {
          this.host.settled(done);
        } catch (error) {
          sending.catch(() => {});
          throw error;
        }
      }
      done = await sending;
    }
    this.busy = false;
  }

  private take(): Part[] {
    const parts: Part[] = [];
    let characters = 0;
    const { carried } = this;
    this.carried = undefined;
    if (carried !== undefined) {
      parts.push(carried);
      characters = carried.characters;
    }
    while (characters <= bounds.commitAloneCharacters || parts.length > 1) {
      if (this.head >= this.gathering.length || parts.length >= bounds.commitRuns) break;
      const part = this.host.prepare(this.gathering[this.head] as Run);
      this.head += 1;
      if (part === undefined) continue;
      const tooMuch =
        part.characters > bounds.commitAloneCharacters || characters + part.characters > bounds.commitCharacters;
      if (tooMuch && parts.length > 0) {
        this.carried = part;
        break;
      }
      parts.push(part);
      characters += part.characters;
    }
    this.cut();
    if (this.loose.length > 0) for (const part of this.takeLoose()) parts.push(part);
    return parts;
  }

  /** Parts of no run, as many as one commit may hold besides those of runs. */
  private takeLoose(): Part[] {
    let count = 0;
    for (let characters = 0; count < this.loose.length && count < bounds.commitMessages; count += 1) {
      if (characters > bounds.commitAloneCharacters) break;
      characters += this.loose[count]?.characters ?? 0;
    }
    return this.loose.splice(0, count);
  }

  /** Forgets the runs that were taken; a long rest is moved only once half of it is behind us. */
  private cut(): void {
    if (this.head >= this.gathering.length) this.gathering = [];
    else if (this.head * 2 > this.gathering.length) this.gathering = this.gathering.slice(this.head);
    else return;
    this.head = 0;
  }

  /** Sends the parts until each is in, lost or refused. */
  private async send(wanted: readonly Part[]): Promise<readonly Settled[]> {
    let parts = wanted;
    let landed: readonly Settled[] = [];
    for (let failures = 0; ; ) {
      parts = parts.filter((part) => this.alive(part));
      if (parts.length === 0 || this.stopped) return landed;
      const reply = await this.attempt(parts);
      if ('result' in reply) return [...landed, ...settledOf(parts, reply.result)];
      const { error } = reply;
      if (error instanceof PoisonError) return [...landed, ...(await this.isolate(parts, error))];
      if (error instanceof UnknownCommitError) {
        failures += 1;
        const lost = 'The reply to a commit was lost; Pawl looks what was written.';
        if (failures === 1) this.ports.log.warn({ err: error, runs: parts.length }, lost);
        else {
          // A database that ends every commit so, as one whose disk is full, is not asked again and again at once.
          this.ports.log.debug({ err: error, runs: parts.length, failures }, lost);
          await sleep(this.ports.clock, backoffMs(failures, this.ports.random));
        }
        const found = await this.host.unknown(parts);
        landed = [...landed, ...found.landed.map((part) => ({ part, lost: undefined }))];
        parts = found.again;
        continue;
      }
      if (error instanceof FencedError) {
        this.host.fenced(error.partitions);
        if (error.partitions.length > 0 && parts.some((part) => !this.alive(part))) continue;
      } else if (failures === 0)
        this.ports.log.warn({ err: ensureError(error) }, 'The database did not take a commit; Pawl tries again.');
      failures += 1;
      await sleep(this.ports.clock, backoffMs(failures, this.ports.random));
    }
  }

  /** One try. A fault that throws is no answer of the store: it ends the worker. */
  private async attempt(parts: readonly Part[]): Promise<{ result: CommitResult } | { error: unknown }> {
    const { store, fault } = this.ports;
    fault('commit.before');
    const sent = store.commit(commitOf(parts, (partition) => this.host.lease(partition)));
    const reply = sent.then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    fault('commit.sent');
    const answer = await reply;
    if ('result' in answer) {
      this.commits += 1;
      this.parts += parts.length;
      fault('commit.after');
    }
    return answer;
  }

  /** Halves the parts until the one that the database refuses is alone. */
  private async isolate(parts: readonly Part[], error: PoisonError): Promise<readonly Settled[]> {
    if (parts.length === 1) {
      this.host.poisoned(parts[0] as Part, error);
      return [];
    }
    const middle = parts.length >> 1;
    const first = await this.send(parts.slice(0, middle));
    return [...first, ...(await this.send(parts.slice(middle)))];
  }

  private alive(part: Part): boolean {
    return part.run?.phase !== 'gone' && part.owner?.gone !== true && this.host.lease(part.partition) !== undefined;
  }
}

function settledOf(parts: readonly Part[], result: CommitResult): Settled[] {
  if (result.lost.length === 0) return parts.map((part) => ({ part, lost: undefined }));
  const lost = new Map(result.lost.map((one) => [one.run, one]));
  return parts.map((part) => ({ part, lost: part.start === null ? undefined : lost.get(part.start.run) }));
}
