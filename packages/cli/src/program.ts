import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { commands } from './commands.ts';
import type { SetExitCode } from './define-command.ts';

/**
 * The `pawl` command. Only the definition of the command that is `wanted` is loaded, or all of them when it is none: a
 * short command should not pay for the others.
 */
export async function buildProgram(exit: SetExitCode, wanted?: string): Promise<Command> {
  const program = new Command('pawl')
    .description('Durable background work: flows that are never lost and never done twice.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError('Run `pawl --help`, or `pawl COMMAND --help`, to see what there is.')
    .exitOverride();
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = program.command(name).description(summary);
    if (wanted === name || wanted === undefined || !Object.hasOwn(commands, wanted))
      (await load()).define(command, exit);
  }
  return program;
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
