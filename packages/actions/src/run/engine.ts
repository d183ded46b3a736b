import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** QuickJS as a compiled WebAssembly module, which every thread can be given. */
export interface ScriptEngine {
  readonly [Symbol.toStringTag]: string;
}

// The types of WebAssembly come with those of a browser only.
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    compile(bytes: Uint8Array): Promise<ScriptEngine>;
    readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => object;
  };
};

/** Compiles QuickJS. */
export async function loadScriptEngine(): Promise<ScriptEngine> {
  const within = createRequire(import.meta.resolve('quickjs-emscripten'));
  return WebAssembly.compile(await readFile(within.resolve('@jitl/quickjs-wasmfile-release-sync/wasm')));
}

/** What the module begins with: 16 MiB. */
const initialPages = 256;
const pageBytes = 65_536;

/** The whole memory of one instance, of at most so many bytes: where it ends, QuickJS is out of memory. */
export function scriptMemory(bytes: number): object {
  return new WebAssembly.Memory({ initial: initialPages, maximum: bytes / pageBytes });
}
