import { loadJq } from 'jq-wasm';
import { compile, JqError, JqSyntaxError, type Json } from '../index.ts';

/** What a program gave: its outputs as JSON texts, and whether it ended in an error. */
export interface Answer {
  readonly outputs: readonly string[];
  readonly failed: boolean;
}

/** Loads jq itself, compiled to WebAssembly. */
export async function loadOracle(): Promise<(program: string, input: string) => Answer> {
  const jq = await loadJq();
  return (program, input) => {
    const { stdout, exitCode } = jq.raw(input, program, ['-c']);
    return { outputs: stdout === '' ? [] : stdout.trimEnd().split('\n'), failed: exitCode !== 0 };
  };
}

/** What Pawl's jq gives for the same program; limits are not answers and are thrown. */
export function answer(program: string, input: string): Answer {
  const outputs: string[] = [];
  try {
    compile(program).each(JSON.parse(input) as Json, {}, (value) => outputs.push(print(value)));
    return { outputs, failed: false };
  } catch (error) {
    if (error instanceof JqError || error instanceof JqSyntaxError) return { outputs, failed: true };
    throw error;
  }
}

const printer = compile('tojson');

function print(value: Json): string {
  return printer.evaluate(value) as string;
}
