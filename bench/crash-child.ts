// The process that W3 kills, and the one that goes on where it was.
import adapter from './adapters/pawl.mjs';

const [, , phase, runs, conc] = process.argv;
await adapter.boot();
if (phase === 'fresh') await adapter.startMany('fx', Number(runs), Number(conc));
await adapter.waitDone('fx', Number(runs));
process.exit(0);
