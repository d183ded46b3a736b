import { setImmediate } from 'node:timers/promises';
import { storeContract } from '@pawl/testkit/store.testsuite';
import { partitionCount } from '@pawl/core';
import { Prng } from '../sim/prng.ts';
import { Timeline } from '../sim/timeline.ts';
import { copyTables } from './restore.ts';
import { SimStore } from './sim-store.ts';

storeContract('simulated', async () => {
  const prng = new Prng(1);
  const timeline = new Timeline(prng.fork());
  const store = new SimStore({ timeline, prng, partitions: partitionCount });
  const pump = pumpOf(timeline);
  return {
    store,
    hooks: { newLineage: async () => store.restore(copyTables(store.tables)) },
    close: () => pump.stop(),
  };
});

/** Lets virtual time pass while the suite waits for answers. */
function pumpOf(timeline: Timeline): { stop(): Promise<void> } {
  let stopped = false;
  const pumping = (async () => {
    while (!stopped) {
      timeline.step(Number.POSITIVE_INFINITY);
      await setImmediate();
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await pumping;
    },
  };
}
