import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { kill } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureError } from '@pawl/core';
import type { Cancellation } from '@pawl/core';
import type { Conversation } from './conversation.ts';
import type { Ended } from './ended.ts';
import { runLimits } from './limits.ts';
import { OutputText } from './output-text.ts';

/** A program to run, by its words: no shell reads them. */
export interface ProgramStart {
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Instead of a standard input that is given whole: a talk with the program, which ends it. */
  readonly talk?: Conversation | undefined;
}

/** How it ended; `given up` where it was ended at cancellation; an error where it could not be started at all. */
export type ProgramEnd = Ended | 'given up' | Error;

/** Runs a program in a process group of its own, which ends with it, or at cancellation: asked first, then killed. */
export async function runProgram(start: ProgramStart, cancellation: Cancellation): Promise<ProgramEnd> {
  const [program = '', ...words] = start.words;
  const child = spawn(program, words, {
    cwd: start.folder,
    env: { ...start.environment },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const closed = new Promise((resolve) => child.once('close', resolve));
  const exited = exitOf(child);
  let givenUp = false;
  cancellation.onCancel(() => {
    givenUp = true;
    void stop(child, exited);
  });
  // A program need not read what it is given.
  child.stdin.on('error', () => undefined);
  if (start.talk === undefined) child.stdin.end(start.stdin);
  else start.talk.begin(child, () => void stop(child, exited));
  const end = await exited;
  if (end instanceof Error) return end;
  // What it started must not outlive it, nor hold its output open.
  signal(child, 'SIGKILL');
  await Promise.race([closed, pause(runLimits.drainOutput)]);
  child.stdout.destroy();
  child.stderr.destroy();
  return givenUp ? 'given up' : { code: end, stdout: stdout.text(), stderr: stderr.text() };
}

/** Asks a program to end, and ends it if it does not. */
async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  signal(child, 'SIGTERM');
  await Promise.race([exited, pause(runLimits.killDelay)]);
  signal(child, 'SIGKILL');
}

function exitOf(child: ChildProcess): Promise<number | Error> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(ensureError(error)));
    child.once('exit', (code, name) => resolve(code ?? 128 + (name === null ? 0 : constants.signals[name])));
  });
}

function collect(stream: NodeJS.ReadableStream): OutputText {
  const text = new OutputText(runLimits.outputCharacters);
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => text.write(chunk));
  return text;
}

/** To the whole group; a group that has ended already needs none. */
function signal({ pid }: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    kill(-pid, name);
  } catch {
    // ESRCH: nothing of the group is left.
  }
}
