import { parentPort, workerData } from 'node:worker_threads';
import type { ScriptEngine } from './engine.ts';
import { runInSandbox } from './sandbox.ts';
import type { Script } from './sandbox.ts';

// A thread for scripts: it is sent one script at a time, and answers how it ended. One that runs on for ever ends with
// the thread. What is thrown here is a bug, and ends the thread too. It imports little, so that it starts fast.
const { engine } = workerData as { readonly engine: ScriptEngine };

parentPort?.on('message', (script: Script) => {
  void runInSandbox(engine, script).then((ended) => parentPort?.postMessage(ended));
});
