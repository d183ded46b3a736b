import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { commands } from './commands.ts';
import { buildProgram } from './program.ts';

const page = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8');
const program = await buildProgram(() => undefined);

/** The table of a command as the page must show it. */
function tableOf(command: Command): string {
  const given = [
    ...command.registeredArguments.map((argument) => [
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
      argument.description,
    ]),
    ...command.options.map((option) => [option.flags, option.description]),
  ];
  const rows = given.map(([name = '', meaning = '']) => `| \`${name}\` | ${meaning.replaceAll('|', '\\|')} |`);
  return rows.length === 0 ? '' : `| | |\n|---|---|\n${rows.join('\n')}`;
}

/** A command's section of the page. */
function sectionOf(name: string): string {
  const after = page.split(`\n## pawl ${name}\n`)[1] ?? '';
  return after.split('\n## ')[0] ?? '';
}

test.each(Object.keys(commands))('the reference page shows the arguments and options of pawl %s', (name) => {
  const command = program.commands.find((each) => each.name() === name);
  expect(command).toBeDefined();
  expect(sectionOf(name)).toContain(tableOf(command as Command));
});

test('the reference page shows no other command', () => {
  const shown = [...page.matchAll(/^## pawl (\S+)$/gm)].map((match) => match[1]);
  expect(shown).toEqual(Object.keys(commands));
});

test.each(Object.keys(commands))('pawl %s --help has a summary and an example', (name) => {
  const command = program.commands.find((each) => each.name() === name);
  let help = '';
  command?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  expect(help).toContain(commands[name]?.summary);
  expect(help).toContain('Examples:');
});
