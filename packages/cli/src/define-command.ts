import type { Command } from 'commander';
import type { ExitCode } from './exit.ts';

/** Takes the exit code of the command that ran. */
export type SetExitCode = (code: ExitCode) => void;

/** Says the arguments, options, examples and action of one command. */
export type DefineCommand = (command: Command, exit: SetExitCode) => void;

/** Help text with examples, one per line and meaning. */
export function examples(entries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(entries).map(([line, meaning]) => `  ${line}\n      ${meaning}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
