import { Worker } from 'node:worker_threads';
import { ensureError } from '@pawl/core';
import type { Cancellation } from '@pawl/core';
import type { Ended } from './ended.ts';
import { loadScriptEngine } from './engine.ts';
import type { ScriptEngine } from './engine.ts';
import { runLimits } from './limits.ts';
import type { Script } from './sandbox.ts';

/** Threads in which scripts run, so that none can hold up what else Pawl does. They are started when first needed. */
export class ScriptThreads {
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();
  #engine: Promise<ScriptEngine> | undefined;

  /** Runs a script to its end; undefined where it was given up first. Rejects where the thread itself failed. */
  async run(script: Script, cancellation: Cancellation): Promise<Ended | undefined> {
    this.#engine ??= loadScriptEngine();
    const engine = await this.#engine;
    if (cancellation.cancelled) return undefined;
    const thread = this.#idle.pop() ?? startThread(engine);
    this.#busy.add(thread);
    thread.ref();
    let ended: Ended | undefined;
    try {
      ended = await answer(thread, script, cancellation);
    } finally {
      this.#busy.delete(thread);
      if (ended === undefined || this.#idle.length >= runLimits.idleThreads) {
        await thread.terminate();
      } else {
        thread.unref();
        this.#idle.push(thread);
      }
    }
    return ended;
  }

  /** Ends all threads, and what runs in them. */
  async close(): Promise<void> {
    const threads = [...this.#busy, ...this.#idle.splice(0)];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** The answer of a thread; undefined where it was ended before. */
function answer(thread: Worker, script: Script, cancellation: Cancellation): Promise<Ended | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      then();
    };
    const onMessage = (ended: Ended): void => settle(() => resolve(ended));
    const onError = (error: unknown): void => settle(() => reject(ensureError(error)));
    const onExit = (): void => settle(() => resolve(undefined));
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    cancellation.onCancel(onExit);
    thread.postMessage(script);
  });
}

/** Without environment, input and arguments, and with little memory: all that a script needs is in its message. */
function startThread(engine: ScriptEngine): Worker {
  return new Worker(new URL('./main.ts', import.meta.url), {
    workerData: { engine },
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: runLimits.threadHeap },
  });
}
