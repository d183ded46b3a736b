import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ensureError, isObject, PawlError } from '@pawl/core';
import { compile, type Json, JqSyntaxError, parseJsonText, type Program } from '@pawl/jq';
import { exitCodes, type ExitCode } from '../exit.ts';
import { linesOf } from '../lines.ts';
import { note } from '../output.ts';
import { splitJson } from './split-json.ts';

/** Runs one program over the JSON values on stdin; 1 on a runtime error, 2 when it does not compile. */
export async function runProgram(source: string | undefined): Promise<ExitCode> {
  if (source === undefined) throw new PawlError('PAWL_USAGE', "The program is missing: pawl jq 'PROGRAM' < input.");
  const program = compiled(source);
  if ('compileError' in program) {
    note(`pawl jq: ${program.compileError}`);
    return exitCodes.invalid;
  }
  try {
    for (const part of splitJson(await text(process.stdin))) {
      program.each(parsed(part), clock, (output) => process.stdout.write(`${printed(output)}\n`));
    }
    return exitCodes.done;
  } catch (error) {
    note(`pawl jq: ${ensureError(error).message}`);
    return exitCodes.failed;
  }
}

/** Answers questions, a JSON object a line, until stdin ends. Whatever a line holds, the next one is answered too. */
export async function runBatch(program: string | undefined): Promise<ExitCode> {
  if (program !== undefined) throw new PawlError('PAWL_USAGE', 'With --batch each line brings its own program.');
  for await (const line of linesOf(process.stdin)) {
    if (line.trim() === '') continue;
    // A reader that falls behind must not fill our memory.
    if (!process.stdout.write(`${JSON.stringify(answer(line))}\n`)) await once(process.stdout, 'drain');
  }
  return exitCodes.done;
}

/** What `--batch` answers to one line. */
function answer(line: string): Answer {
  let question: Json;
  try {
    question = JSON.parse(line) as Json;
  } catch (error) {
    return { id: null, outputs: [], error: `the line is not JSON: ${ensureError(error).message}` };
  }
  const { id = null, program, input } = isObject(question) ? (question as Record<string, Json>) : {};
  if (typeof program !== 'string' || typeof input !== 'string') {
    return { id, outputs: [], error: 'the line must be {"id","program","input"}, with the input as JSON text' };
  }
  const ready = compiled(program);
  return 'compileError' in ready ? { id, ...ready } : { id, ...evaluated(ready, input) };
}

type Answer = { readonly id: Json } & (Outputs | CompileError);

interface Outputs {
  readonly outputs: readonly string[];
  readonly error?: string;
}

interface CompileError {
  readonly compileError: string;
}

const clock = { now: () => Date.now() / 1000 };

function evaluated(program: Program, input: string): Outputs {
  const outputs: string[] = [];
  try {
    program.each(parsed(input), clock, (output) => outputs.push(printed(output)));
    return { outputs };
  } catch (error) {
    return { outputs, error: ensureError(error).message };
  }
}

function compiled(source: string): Program | CompileError {
  try {
    return compile(source);
  } catch (error) {
    if (error instanceof JqSyntaxError) {
      const { line, column } = error.position;
      const hint = error.hint === undefined ? '' : ` ${error.hint}`;
      return { compileError: `${error.message} (line ${line}, column ${column})${hint}` };
    }
    return { compileError: ensureError(error).message };
  }
}

function parsed(source: string): Json {
  try {
    return parseJsonText(source);
  } catch (error) {
    throw new Error(`the input is not JSON: ${ensureError(error).message}`, { cause: error });
  }
}

/** JSON text as jq writes it: it prints some numbers in another way than JavaScript. */
function printed(output: Json): string {
  return toJson.evaluate(output) as string;
}

const toJson = compile('tojson');
