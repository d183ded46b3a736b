import { bounds } from './bounds.ts';

/** Deaths of partitions' owners, as far as this worker has seen them, by its monotonic clock. */
export class DeathRegister {
  private readonly owners = new Map<number, { epoch: number; times: number[] }>();
  private firstSeen: number | undefined;
  private deadAtFirst = 0;

  /** The owner of a partition at an epoch has died. The same death counts once. */
  ownerDied(partition: number, epoch: number, mono: number): void {
    const known = this.owners.get(partition);
    if (known === undefined) this.owners.set(partition, { epoch, times: [mono] });
    else if (known.epoch !== epoch) {
      known.epoch = epoch;
      known.times.push(mono);
      if (known.times.length > bounds.deaths) known.times.shift();
    }
  }

  /** So many workers that the store knows are dead. A worker that has just come learns from it what happened before. */
  observeWorkers(dead: number, mono: number): void {
    this.firstSeen ??= mono;
    if (mono - this.firstSeen < bounds.deathsWithin) this.deadAtFirst = Math.max(this.deadAtFirst, dead);
  }

  /** Whether a partition's owners have died repeatedly within a short time. */
  isSuspicious(partition: number, mono: number): boolean {
    const recent = (this.owners.get(partition)?.times ?? []).filter((time) => mono - time < bounds.deathsWithin).length;
    const young = this.firstSeen !== undefined && mono - this.firstSeen < bounds.deathsWithin;
    return recent >= bounds.deaths || (recent > 0 && young && this.deadAtFirst >= bounds.deaths);
  }
}
