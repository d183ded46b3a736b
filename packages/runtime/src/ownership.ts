import type { Lease, LeaseView, LineageView } from '@pawl/core';
import { ensureError, partitionCount, pending } from '@pawl/core';
import { backoffMs, eachOf, sleep, waitUntil } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import { DeathRegister } from './deaths.ts';
import { tell } from './observe.ts';
import { BeatWatch, planShare } from './share.ts';

/** Where a partition stands: runs are being loaded; all are in memory; it is being given away. */
type Standing = 'loading' | 'ready' | 'leaving';

/** Which partitions this worker owns, and whether it may start effects at this moment. */
export class Ownership {
  /** The history of the database, as the last look showed it. */
  lineage: LineageView = { number: 0, at: 0 };
  private readonly context: Context;
  private readonly leases: (Lease | undefined)[] = Array.from({ length: partitionCount });
  private readonly standing: (Standing | undefined)[] = Array.from({ length: partitionCount });
  private readonly taking = new Set<number>();
  private readonly renewing = new Set<number>();
  private readonly watch = new BeatWatch();
  private readonly deaths = new DeathRegister();
  private readyList: number[] | undefined;
  /** When the last beat that arrived was sent, by both clocks. */
  private beatSent = { mono: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
  private beating = false;
  private looking = false;
  /** A partition was asked for while a look was under way. */
  private needed = false;
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** Since when the lock connection may have been gone (monotonic ms). */
  private doubtSince: number | undefined;

  constructor(context: Context) {
    this.context = context;
  }

  /** The first beat. Rejects where the store cannot be reached. */
  join(): Promise<void> {
    return this.beatNow();
  }

  /** Looks, and takes this worker's share of what is free; ends when the runs of all of it are in memory. */
  async takeShare(): Promise<void> {
    await this.takeAll(await this.look());
  }

  /** The right to write a partition. */
  lease(partition: number): Lease | undefined {
    return this.leases[partition];
  }

  /** Whether the partition is being given away: its runs start nothing more here. */
  leaving(partition: number): boolean {
    return this.standing[partition] === 'leaving';
  }

  /** Whether all runs of the partition are in memory and stay here. */
  isReady(partition: number): boolean {
    return this.standing[partition] === 'ready';
  }

  /** Partitions whose runs are all in memory: their messages and timers are read. */
  ready(): readonly number[] {
    this.readyList ??= this.owned().filter((partition) => this.standing[partition] === 'ready');
    return this.readyList;
  }

  /** The rights to write them. */
  readyLeases(): Lease[] {
    return this.ready().flatMap((partition) => this.leases[partition] ?? []);
  }

  owned(): number[] {
    const found: number[] = [];
    for (const lease of this.leases) if (lease !== undefined) found.push(lease.partition);
    return found;
  }

  /** Whether an effect may start now: the lock is held, and two thirds of the lease have not passed by either clock. */
  mayStart(): boolean {
    if (this.doubtSince !== undefined) return false;
    const { clock, store } = this.context.ports;
    if (!store.lockHeld()) {
      this.doubtSince = clock.mono();
      return false;
    }
    return (
      clock.mono() - this.beatSent.mono < bounds.effectsWithin &&
      clock.now() - this.beatSent.wall < bounds.effectsWithin
    );
  }

  /** Whether the partition's owners have died so often of late that its runs are marked before they are decided. */
  suspicious(partition: number): boolean {
    return this.deaths.isSuspicious(partition, this.context.ports.clock.mono());
  }

  /** Beats, unless a beat is under way. */
  beat(): void {
    if (this.beating) return;
    this.beatNow().catch((error: unknown) => {
      this.context.ports.log.warn(
        { err: ensureError(error) },
        'The database was not reached by the heartbeat; Pawl starts no effects until it is.',
      );
    });
  }

  /** Something may have changed: looks, unless the last look has just been. */
  nudge(): void {
    if (this.context.ports.clock.mono() - this.lookedAt >= bounds.lookAtMost) this.step();
  }

  /** More partitions are needed than before: looks at once, again where a look is under way. */
  need(): void {
    this.needed = this.looking;
    this.step();
  }

  /** Looks at leases and workers, and takes or gives away what fair sharing says, unless a look is under way. */
  step(): void {
    if (this.looking || this.context.draining) return;
    this.look().then(
      (free) => {
        this.takeAll(free).catch((error: unknown) => this.context.settle.failed(ensureError(error)));
        if (this.needed) this.need();
      },
      (error: unknown) =>
        this.context.ports.log.warn({ err: ensureError(error) }, 'The leases could not be read; Pawl tries again.'),
    );
  }

  /** Another worker owns the partition by now: its runs leave memory. */
  lost(partition: number, how: string): void {
    if (this.leases[partition] === undefined) return;
    this.context.ports.log.warn({ partition, how }, 'A partition was lost to another worker.');
    this.set(partition, undefined, undefined);
    this.context.departures.drop(partition);
    this.changed();
  }

  /** Takes a partition over from oneself, so that an old commit can do nothing more. Ends with a new epoch, or without the partition. */
  async renew(partition: number): Promise<void> {
    const { store, clock, random, log } = this.context.ports;
    this.renewing.add(partition);
    try {
      for (let failures = 1; ; failures += 1) {
        const lease = this.leases[partition];
        if (lease === undefined) return;
        try {
          const next = await store.takeOver(partition, lease.epoch);
          if (this.leases[partition] === undefined) return;
          if (next !== undefined) {
            this.leases[partition] = next;
            return;
          }
          // Somebody else was faster, or an earlier reply of our own was lost: the owner's name tells.
          const seen = (await store.view()).leases.find((view) => view.partition === partition);
          if (seen?.worker !== store.worker) return this.lost(partition, 'taken over while a commit was unknown');
          if (this.leases[partition] !== undefined) this.leases[partition] = { partition, epoch: seen.epoch };
        } catch (error) {
          const fields = { err: ensureError(error), partition };
          const failed = 'A partition could not be taken over after a lost reply; Pawl tries again.';
          if (failures === 1) log.warn(fields, failed);
          else log.debug(fields, failed);
        }
        await sleep(clock, backoffMs(failures, random));
      }
    } finally {
      this.renewing.delete(partition);
    }
  }

  /** Gives everything back at the end of this worker. */
  async releaseAll(): Promise<void> {
    const leases = this.leases.filter((lease) => lease !== undefined);
    for (const { partition } of leases) {
      this.context.departures.handOver(partition);
      this.set(partition, undefined, undefined);
    }
    if (leases.length === 0) return;
    this.context.ports.fault('release.before');
    await this.context.ports.store.release(leases);
    this.changed();
  }

  private async beatNow(): Promise<void> {
    const { clock, store } = this.context.ports;
    const sent = { mono: clock.mono(), wall: clock.now() };
    this.beating = true;
    try {
      await store.beat();
      this.beatSent = sent;
    } finally {
      this.beating = false;
    }
  }

  /** Reads the leases; answers what is to be taken now. */
  private async look(): Promise<readonly LeaseView[]> {
    const { clock, store, random } = this.context.ports;
    this.looking = true;
    try {
      const asked = clock.mono();
      this.lookedAt = asked;
      const { leases, workers, lineage } = await store.view();
      const mono = clock.mono();
      if (lineage !== undefined) this.lineage = lineage;
      this.watch.observe(workers, mono, new Set(leases.flatMap((lease) => lease.worker ?? [])));
      for (const lease of leases) this.compare(lease, mono);
      this.deaths.observeWorkers(workers.filter(({ worker }) => this.watch.isDead(worker, mono)).length, mono);
      this.settleDoubt(asked);
      const { only, shares } = this.context;
      const plan = planShare({
        me: store.worker,
        shares,
        only: only?.partitions,
        leases,
        workers,
        owned: (partition) => this.leases[partition] !== undefined || this.taking.has(partition),
        watch: this.watch,
        mono,
        offset: Math.floor(random.next() * partitionCount),
      });
      this.giveAway(plan.surplus);
      return plan.take;
    } finally {
      this.looking = false;
    }
  }

  /** Compares a lease as the store shows it with what this worker believes. A view that is older than our lease tells nothing. */
  private compare(view: LeaseView, mono: number): void {
    const { worker, partition, epoch } = view;
    const mine = this.leases[partition];
    const me = this.context.ports.store.worker;
    if (mine === undefined) {
      if (worker === null || worker === me) return;
      this.watch.expect(worker, mono);
      if (this.watch.isDead(worker, mono)) this.deaths.ownerDied(partition, epoch, mono);
    } else if (!this.renewing.has(partition) && (epoch > mine.epoch || (epoch === mine.epoch && worker !== me))) {
      this.lost(partition, 'the lease names another owner or epoch');
    }
  }

  /** The lock connection was gone: effects start again once a beat and a look that came after show nothing was lost. */
  private settleDoubt(asked: number): void {
    if (this.doubtSince === undefined || asked < this.doubtSince || this.beatSent.mono <= this.doubtSince) return;
    if (this.context.ports.store.lockHeld()) this.doubtSince = undefined;
  }

  /** Takes what a look chose. All of it counts as ours at once: the next look chooses nothing in place of what waits its turn. */
  private async takeAll(free: readonly LeaseView[]): Promise<void> {
    const chosen = free.filter(({ partition }) => !this.taking.has(partition) && this.leases[partition] === undefined);
    for (const { partition } of chosen) this.taking.add(partition);
    await eachOf(chosen, bounds.parallel, (lease) => this.take(lease));
  }

  private async take(view: LeaseView): Promise<void> {
    const { partition, epoch } = view;
    try {
      if (this.context.draining) return;
      const lease = await this.takeOver(partition, epoch);
      if (lease === undefined) return;
      if (this.context.draining) return await this.giveBack(lease);
      this.set(partition, lease, 'loading');
      this.context.ports.fault('takeover.taken');
      this.changed();
      await this.context.recovery.loadPartition(partition);
      if (this.leases[partition] === undefined || this.standing[partition] !== 'loading') return;
      this.set(partition, this.leases[partition], 'ready');
      this.context.ports.fault('takeover.loaded');
      this.context.inbox.poll();
      this.context.parked.poll();
      this.context.broker.poll();
      this.context.schedules.poll();
    } finally {
      this.taking.delete(partition);
    }
  }

  private async takeOver(partition: number, epoch: number): Promise<Lease | undefined> {
    try {
      return await this.context.ports.store.takeOver(partition, epoch);
    } catch (error) {
      this.context.ports.log.warn(
        { err: ensureError(error), partition },
        'A partition could not be taken over; Pawl tries again.',
      );
      return undefined;
    }
  }

  private giveAway(surplus: number): void {
    const leaving = this.standing.filter((standing) => standing === 'leaving').length;
    const candidates = this.ready().filter((partition) => !this.renewing.has(partition));
    // Partitions with little to do move first.
    const busy = (partition: number): number => this.context.table.of(partition).size;
    const chosen = [...candidates].sort((a, b) => busy(a) - busy(b)).slice(0, Math.max(0, surplus - leaving));
    for (const partition of chosen) {
      this.leave(partition).catch((error: unknown) => this.context.settle.failed(ensureError(error)));
    }
  }

  /** Gives one partition away, once nothing of it is under way. */
  private async leave(partition: number): Promise<void> {
    const { context } = this;
    const { clock, fault } = context.ports;
    this.set(partition, this.leases[partition], 'leaving');
    for (const run of context.table.of(partition)) context.dispatch.leaveLines(run);
    await waitUntil(
      clock,
      bounds.releasePatience,
      () => this.leases[partition] === undefined || this.isQuiet(partition),
    );
    const lease = this.leases[partition];
    if (lease === undefined || context.draining) return;
    if (!this.isQuiet(partition)) return this.stay(partition, lease);
    context.departures.handOver(partition);
    this.set(partition, undefined, undefined);
    this.changed();
    fault('release.before');
    await this.giveBack(lease);
  }

  private async giveBack(lease: Lease): Promise<void> {
    const { store, log } = this.context.ports;
    await store.release([lease]).catch((error: unknown) => {
      log.warn(
        { err: ensureError(error), partition: lease.partition },
        'A partition could not be given back; it is taken again later.',
      );
    });
  }

  /** Its attempts take too long: the partition stays, and its runs go on here. */
  private stay(partition: number, lease: Lease): void {
    this.set(partition, lease, 'ready');
    for (const run of [...this.context.table.of(partition)]) {
      if (run.phase === 'idle' && run.hold === undefined) this.context.follow.start(run, pending(run.state, run.flow));
    }
    this.context.inbox.poll();
  }

  private isQuiet(partition: number): boolean {
    if (
      this.renewing.has(partition) ||
      this.context.dispatch.openIn(partition) ||
      this.context.recovery.isComingIn(partition) ||
      this.context.schedules.busyIn(partition)
    )
      return false;
    for (const run of this.context.table.of(partition)) {
      if (run.phase !== 'idle' || run.hold !== undefined || run.queue.length > 0) return false;
    }
    return true;
  }

  private set(partition: number, lease: Lease | undefined, standing: Standing | undefined): void {
    this.leases[partition] = lease;
    this.standing[partition] = standing;
    this.readyList = undefined;
  }

  private changed(): void {
    const { observe, ports } = this.context;
    if (observe.onOwnership !== undefined) tell(ports.log, () => observe.onOwnership?.(this.owned()));
  }
}
