import type { JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { scanText } from './expression-text.ts';

/** What `run` can start, with the member that holds the program's own text. */
const kinds = { container: 'command', script: 'code', shell: 'command' } as const;

/** A task that runs a script, a shell command or a container: a call of an action. */
export interface ProgramTask {
  readonly kind: keyof typeof kinds;
  /** The action behind it. */
  readonly action: string;
  /** What the program is given. */
  readonly given: JsonObject;
  /** The member of it that is text of another language, in which `${ }` means something else. */
  readonly text: 'code' | 'command';
}

/** The program that a task runs; undefined for every other task, and for one that runs a flow. */
export function programOf(task: JsonObject): ProgramTask | undefined {
  const { run } = task;
  if (!isObject(run)) return undefined;
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
    const given = run[kind];
    if (isObject(given)) return { kind, action: `run.${kind}`, given, text: kinds[kind] };
  }
  return undefined;
}

/** Whether a program's text stands for itself: only one `${ }` that is all of it is an expression. */
export function isOwnText(text: string): boolean {
  return scanText(text).kind !== 'expression';
}
