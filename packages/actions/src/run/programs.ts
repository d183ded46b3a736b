import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PawlError } from '@pawl/core';
import type { Cancellation, Log } from '@pawl/core';
import type { Given } from './arguments.ts';
import type { Conversation } from './conversation.ts';
import { findJail, pathOf, programPath } from './jail.ts';
import type { Jail } from './jail.ts';
import { runProgram } from './program.ts';
import type { ProgramEnd } from './program.ts';

/** What a step runs on this machine. */
export interface Program extends Pick<Given, 'stdin' | 'environment'> {
  /** Its name, to be found in the usual folders, and its words. */
  readonly words: readonly string[];
  /** Files by name to be laid into its folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** A talk with it, instead of its standard input. */
  readonly talk?: Conversation;
}

/** Runs programs of this machine, each in a jail and in a fresh folder that is removed after it. */
export class Programs {
  readonly #log: Log;
  #jail: Promise<Jail> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `leaving` is called right before the program starts. Rejects with PAWL_RUN_MISSING where it is not installed. */
  async run(program: Program, cancellation: Cancellation, leaving: () => void): Promise<ProgramEnd> {
    const [name = '', ...words] = program.words;
    const path = pathOf(name);
    if (path === undefined)
      throw new PawlError('PAWL_RUN_MISSING', `There is no ${name} on the machine that runs Pawl.`);
    this.#jail ??= findJail(this.#log);
    const jail = await this.#jail;
    const folder = await mkdtemp(join(tmpdir(), 'pawl-run-'));
    try {
      for (const [file, text] of Object.entries(program.files ?? {})) await writeFile(join(folder, file), text);
      await handOver(folder, Object.keys(program.files ?? {}), jail.user);
      if (cancellation.cancelled) return 'given up';
      leaving();
      const variables = Object.entries(program.environment);
      return await runProgram(
        {
          words: [...jail.wrap(folder, true), ...givingEnvironment(variables.length), path, ...words],
          folder,
          stdin: program.stdin,
          talk: program.talk,
          environment: { ...ownEnvironment(folder), ...numbered(variables) },
        },
        cancellation,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** All that a program finds of Pawl's environment: nothing. */
function ownEnvironment(folder: string): Record<string, string> {
  return { PATH: programPath, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8' };
}

/**
 * The step's variables reach the program only behind the jail: before it, one such as LD_PRELOAD would act on programs
 * that still have the rights of Pawl. They travel numbered, and are no words either, which every user can read.
 */
function numbered(variables: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(variables.map(([name, value], i) => [`GIVEN_${i}`, `${name}=${value}`]));
}

function givingEnvironment(count: number): readonly string[] {
  if (count === 0) return [];
  const script = `i=0; while [ $i -lt ${count} ]; do eval "export \\"\\$GIVEN_$i\\""; unset "GIVEN_$i"; i=$((i+1)); done; unset i; exec "$@"`;
  return ['/bin/sh', '-c', script, 'sh'];
}

async function handOver(folder: string, files: readonly string[], user: number | undefined): Promise<void> {
  if (user === undefined) return;
  for (const path of [folder, ...files.map((file) => join(folder, file))]) await chown(path, user, user);
}
