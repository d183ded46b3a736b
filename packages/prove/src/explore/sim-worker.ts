import type { Fault, Hash, Log, Ports } from '@pawl/core';
import type { FlowCache, RuntimeObserver, Worker } from '@pawl/runtime';
import { createWorker } from '@pawl/runtime';
import { SimClock } from '../sim/clock.ts';
import type { Prng } from '../sim/prng.ts';
import type { Owner, Timeline } from '../sim/timeline.ts';
import type { SimStore } from '../store/sim-store.ts';
import type { WorkerSession } from '../store/worker-session.ts';
import type { SimTargets } from '../targets/sim-targets.ts';
import type { WireFiles } from '../targets/wire-files.ts';
import type { SimLimits } from './sim-limits.ts';

/** What a simulated process is made of. */
export interface SimWorkerWorld {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly store: SimStore;
  readonly targets: SimTargets;
  readonly limits: SimLimits;
  readonly hash: Hash;
  /** Undefined: no machine keeps any. */
  readonly wires: WireFiles | undefined;
  /** Undefined: each process has a cache of its own. */
  readonly flows: FlowCache | undefined;
  fault(worker: SimWorker): Fault;
  observe(worker: SimWorker): RuntimeObserver;
  log(worker: SimWorker): Log;
}

/** One process that runs the real worker on simulated ports. */
export class SimWorker implements Owner {
  readonly name: string;
  life: Owner['life'] = 'running';
  readonly backlog: (() => void)[] = [];
  /** It has joined and loaded its share. */
  started = false;
  /** It has been told to end. */
  draining = false;
  session: WorkerSession | undefined;
  worker: Worker | undefined;
  readonly clock: SimClock;
  /** Where it runs: wire files are read on their own machine. */
  private readonly machine: number;
  private readonly world: SimWorkerWorld;
  private readonly only: string | undefined;

  /** `only`: the one run that it owns and advances. */
  constructor(name: string, world: SimWorkerWorld, only: string | undefined) {
    this.name = name;
    this.only = only;
    this.world = world;
    this.clock = new SimClock(world.timeline, this, world.prng.between(-20, 20));
    this.machine = world.prng.chance(0.8) ? 0 : 1;
  }

  /** Starts; rejects where the store was not reached. */
  async start(): Promise<void> {
    const { world } = this;
    this.session = await world.store.join(this, this.only === undefined);
    const random = world.prng.fork();
    const ports: Ports = {
      store: this.session,
      actions: world.targets.actionsOf(this),
      clock: this.clock,
      random: { next: () => random.next(), hex: (bytes) => random.hex(bytes) },
      hash: world.hash,
      log: world.log(this),
      fault: world.fault(this),
      ...(world.wires === undefined ? {} : { wire: world.wires.wireOf(this, this.machine) }),
    };
    this.worker = createWorker({
      ports,
      limits: world.limits,
      observe: world.observe(this),
      ...(this.only === undefined ? {} : { only: this.only }),
      ...(world.flows === undefined ? {} : { flows: world.flows }),
    });
    await this.worker.start();
    this.started = true;
  }

  /** The process ends at once. What it has handed to the network still arrives; nothing else of it ever runs. */
  kill(): void {
    if (this.life === 'dead') return;
    this.life = 'dead';
    this.backlog.length = 0;
    this.session?.die(this.world.prng.between(0, 300));
  }
}
