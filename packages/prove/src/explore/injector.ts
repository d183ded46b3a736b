import type { FaultKind } from './fault-table.ts';
import type { SimWorker } from './sim-worker.ts';
import type { World } from './world.ts';
import { outside } from '../sim/timeline.ts';

/** Makes faults happen. */
export class Injector {
  private readonly world: World;
  private staged = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Whether a fault of this kind makes sense for this worker and run at this moment. */
  isAble(kind: FaultKind, worker: SimWorker | undefined, run: string | undefined): boolean {
    switch (kind) {
      case 'wakeLost':
      case 'wakeDoubled':
      case 'duplicateStart':
        return true;
      case 'racingDecisions':
        return run !== undefined;
      case 'restore':
        return this.world.copy !== undefined;
      case 'cancel':
      case 'racingCancels':
        return this.runOr(run) !== undefined;
      case 'join':
        return this.world.workers.length < 3;
      case 'crashAgain':
        return worker?.life === 'running' && this.world.crashes > 0;
      case 'drain':
        return worker?.life === 'running' && worker.started && !worker.draining;
      default:
        return worker?.life === 'running';
    }
  }

  inject(kind: FaultKind, worker: SimWorker | undefined, run: string | undefined): void {
    const { world } = this;
    const { prng, timeline } = world;
    switch (kind) {
      case 'crash':
      case 'crashAgain':
        return this.crash(worker);
      case 'pause':
        return this.pause(worker);
      case 'drain':
        return this.drain(worker);
      case 'join':
        return world.spawn(prng.between(0, 500));
      case 'outage':
        return worker?.session?.cutOff(prng.between(50, prng.pick([1_000, 12_000])));
      case 'lockLost':
        return worker?.session?.breakLock(prng.between(0, 3_000), prng.between(0, prng.pick([500, 5_000])));
      case 'clockJump':
        return worker?.clock.jump(prng.between(-300, 600));
      case 'restore':
        // On its own, not in the midst of what a worker does.
        timeline.after(0, outside, () => world.restore());
        return;
      case 'cancel':
        return this.cancel(run, 1);
      case 'racingCancels':
        return this.cancel(run, 2);
      case 'slowCommit':
      case 'slowCall':
        return this.loseMeanwhile(worker);
      default:
        // What becomes of a call, a wake-up or a message is up to whoever met the boundary.
        return;
    }
  }

  /**
   * Some boundaries are met only after something else: it is made to happen at the first commits. True: the reply of
   * this one is to be lost.
   */
  stage(worker: SimWorker | undefined): boolean {
    const { world } = this;
    const { script } = world.shape;
    if (script === undefined || this.staged >= script.times || world.healed || worker?.life !== 'running') return false;
    if (world.prng.chance(0.6)) return false;
    this.staged += 1;
    world.plan.count += 1;
    world.trace(`STAGED ${script.what} of ${worker.name}`);
    if (script.what === 'crash') this.crash(worker);
    if (script.what === 'drain') this.drain(worker);
    return script.what === 'lostReply';
  }

  /** While a call takes its time, its worker may be given up by the others. */
  private loseMeanwhile(worker: SimWorker | undefined): void {
    const { prng, timeline } = this.world;
    const what = prng.next();
    if (what > 0.5 || worker === undefined) return;
    timeline.after(prng.between(0, 500), outside, () => {
      if (this.world.healed || worker.life !== 'running') return;
      if (what < 0.2) this.crash(worker);
      else worker.session?.breakLock(prng.between(0, 3_000), 5_000);
    });
  }

  private crash(worker: SimWorker | undefined): void {
    if (worker === undefined) return;
    this.world.crashes += 1;
    this.world.end(worker);
  }

  private pause(worker: SimWorker | undefined): void {
    if (worker === undefined) return;
    const { timeline, prng } = this.world;
    worker.life = 'paused';
    // Its lock may be freed meanwhile, and its connection looks as good as before when it goes on.
    if (prng.chance(0.3)) worker.session?.breakLock(prng.between(0, prng.pick([100, 9_000])), prng.between(0, 9_000));
    timeline.after(prng.between(10, prng.pick([500, 5_000, 15_000])), outside, () => timeline.resume(worker));
  }

  private drain(worker: SimWorker | undefined): void {
    if (worker?.worker === undefined || worker.draining) return;
    worker.draining = true;
    const timeoutMs = this.world.prng.pick([0, 500, 3_000]);
    void worker.worker.stop({ drain: this.world.prng.chance(0.8), timeoutMs }).then(() => this.world.end(worker));
  }

  private cancel(run: string | undefined, times: number): void {
    const id = this.runOr(run);
    if (id === undefined) return;
    for (let i = 0; i < times; i += 1) this.world.people.cancel(id);
  }

  /** The run, or any that has not ended. */
  private runOr(run: string | undefined): string | undefined {
    const { runs } = this.world.auditor;
    if (run !== undefined) return runs.has(run) ? run : undefined;
    for (const [id, { state }] of runs) if (state.status === 'running') return id;
    return undefined;
  }
}
