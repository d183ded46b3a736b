import type { Wire } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';
import type { Owner, Timeline } from '../sim/timeline.ts';

/** Guards of wire files that a self-test of the prover switches off. */
export interface WireMutation {
  /** An attempt is in the file only some time after it was noted. */
  readonly notesLate?: boolean;
  /** The file of a worker that may still write to it is believed. */
  readonly readsLiving?: boolean;
}

/** Moments at which a simulation may interfere: before a line is written, and before a file is read. */
export type WireMoment = 'leaving' | 'read';

/** What wire files need of their world. */
export interface WireWorld {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly mutation: WireMutation;
  /** True: the file is lost at this moment. */
  moment(owner: Owner, moment: WireMoment): boolean;
}

interface WireFile {
  readonly owner: Owner;
  readonly machine: number;
  readonly sent: Set<string>;
}

/** The wire files of all machines: each outlives its worker, is read on its own machine only, and may be lost. */
export class WireFiles {
  private readonly files = new Map<string, WireFile>();
  private readonly world: WireWorld;

  constructor(world: WireWorld) {
    this.world = world;
  }

  /** The Wire port of a process on a machine. */
  wireOf(owner: Owner, machine: number): Wire {
    const { world, files } = this;
    files.set(owner.name, { owner, machine, sent: new Set() });
    return {
      leaving: (attempt) => {
        if (world.moment(owner, 'leaving')) files.delete(owner.name);
        if (world.mutation.notesLate)
          world.timeline.after(world.prng.between(1, 50), owner, () => this.note(owner, attempt));
        else this.note(owner, attempt);
      },
      fate: (worker, attempt) =>
        new Promise((resolve) => {
          if (world.moment(owner, 'read')) files.delete(worker);
          if (owner.life === 'dead') return;
          world.timeline.after(world.prng.between(0.05, 2), owner, () => resolve(this.fate(machine, worker, attempt)));
        }),
    };
  }

  /**
   * A process that has ended writes nothing, and one that was stopped writes once it goes on, though the code of both
   * still runs to the end of its turn here.
   */
  private note(owner: Owner, attempt: string): void {
    if (owner.life === 'running') this.files.get(owner.name)?.sent.add(attempt);
    else if (owner.life === 'paused') this.world.timeline.after(0, owner, () => this.note(owner, attempt));
  }

  private fate(machine: number, worker: string, attempt: string): Awaited<ReturnType<Wire['fate']>> {
    const file = this.files.get(worker);
    if (file === undefined || file.machine !== machine) return 'unknown';
    if (file.owner.life !== 'dead' && !this.world.mutation.readsLiving) return 'unknown';
    return file.sent.has(attempt) ? 'sent' : 'neverLeft';
  }
}
