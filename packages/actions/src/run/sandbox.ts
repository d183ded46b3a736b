import type { Json } from '@pawl/core';
import { newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC } from 'quickjs-emscripten';
import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten';
import type { Ended } from './ended.ts';
import { scriptMemory } from './engine.ts';
import type { ScriptEngine } from './engine.ts';
import { runLimits } from './limits.ts';
import { OutputText } from './output-text.ts';
import { prelude, sandboxModules } from './sandbox-prelude.ts';

/** A script, and all that it can see of the world. */
export interface Script {
  readonly code: string;
  /** Arguments by position, as texts. */
  readonly list: readonly string[];
  /** Arguments by name, where they have names. */
  readonly names?: { readonly [name: string]: Json };
  readonly stdin: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Runs a script, an ES module, to its end in a QuickJS of its own: a fresh instance of the WebAssembly module, so that
 * it finds nothing of the one before it and leaves nothing behind. What it can reach is the prelude. It blocks the
 * thread: whoever must go on meanwhile runs it in another.
 */
export async function runInSandbox(engine: ScriptEngine, script: Script): Promise<Ended> {
  // QuickJS's own limit of memory counts nothing in this build, as its allocator does not tell the size of a block.
  const memory = { wasmModule: engine, wasmMemory: scriptMemory(runLimits.scriptMemory) };
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, memory));
  // Nothing is disposed of: all of it goes with the instance, and a script may have left cycles that cannot.
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(runLimits.scriptStack);
  runtime.setModuleLoader(
    (name) => sandboxModules[name] ?? { error: new Error(`There is no module ${name} for scripts.`) },
    (_base, name) => name.replace(/^node:/, ''),
  );
  return new Sandbox(runtime.newContext()).run(script);
}

class Sandbox {
  readonly #context: QuickJSContext;
  readonly #texts = [new OutputText(runLimits.outputCharacters), new OutputText(runLimits.outputCharacters)] as const;
  #exit: number | undefined;

  constructor(context: QuickJSContext) {
    this.#context = context;
    // `exit` also throws, but a script could catch that: an interruption it cannot.
    context.runtime.setInterruptHandler(() => this.#exit !== undefined);
  }

  run(script: Script): Ended {
    let code = 0;
    try {
      this.#furnish(script);
      this.#play(script.code);
    } catch (error) {
      code = 1;
      this.#write(2, error instanceof ScriptError ? error.message : 'InternalError: the script took too much memory\n');
    }
    return { code: this.#exit ?? code, stdout: this.#texts[0].text(), stderr: this.#texts[1].text() };
  }

  #furnish({ list, names, stdin, environment }: Script): void {
    const context = this.#context;
    const given = context.newString(JSON.stringify({ list, names, stdin, environment }));
    const write = context.newFunction('write', (fd, text) => {
      this.#write(context.getNumber(fd), context.getString(text));
    });
    const stop = context.newFunction('exit', (asked) => {
      const number = context.getNumber(asked);
      this.#exit ??= Number.isNaN(number) ? 1 : number & 255;
      return { error: context.newError('exit') };
    });
    const furnish = this.#value(context.evalCode(prelude, 'prelude.js', { type: 'global' }));
    this.#value(context.callFunction(furnish, context.undefined, given, write, stop));
  }

  #play(code: string): void {
    const context = this.#context;
    const module = this.#value(context.evalCode(code, 'script.js', { type: 'module' }));
    const jobs = context.runtime.executePendingJobs();
    if (jobs.error !== undefined) throw this.#thrown(jobs.error);
    if (this.#exit !== undefined) return;
    const state = context.getPromiseState(module);
    if (state.type === 'rejected') throw this.#thrown(state.error);
    if (state.type === 'pending') throw new ScriptError('The script awaits something that never comes.\n');
  }

  #write(fd: number, text: string): void {
    if (this.#exit === undefined) this.#texts[fd === 1 ? 0 : 1].write(text);
  }

  #value(result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
    if (result.error !== undefined) throw this.#thrown(result.error);
    return result.value;
  }

  /** What the script threw, as it says it itself. */
  #thrown(handle: QuickJSHandle): ScriptError {
    const thrown: unknown = this.#context.dump(handle);
    if (typeof thrown !== 'object' || thrown === null) return new ScriptError(`Thrown: ${String(thrown)}\n`);
    const { name, message, stack } = thrown as Readonly<Record<string, unknown>>;
    if (typeof message !== 'string') return new ScriptError(`Thrown: ${JSON.stringify(thrown)}\n`);
    const where = typeof stack === 'string' && stack !== '' ? `\n${stack.trimEnd()}` : '';
    return new ScriptError(`${typeof name === 'string' ? name : 'Error'}: ${message}${where}\n`);
  }
}

/** A script did not end well; its message is meant for the script's standard error. */
class ScriptError extends Error {}
