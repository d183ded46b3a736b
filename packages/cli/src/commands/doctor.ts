import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl doctor`: is everything as it should be? */
export const define: DefineCommand = (command, exit) => {
  command
    .option('--database <url>', 'PostgreSQL to look at (default: PAWL_DATABASE_URL, else that of the data folder)')
    .option('--json', 'print {"findings":[{"check","status","detail","hint"}]}')
    .addHelpText('after', examples({ 'pawl doctor': 'what is wrong, and what to do about it; it changes nothing' }))
    .action(async ({ database, json }: { database?: string; json?: boolean }) => {
      exit(await (await import('../doctor/examine.ts')).examine(database, json === true));
    });
};
