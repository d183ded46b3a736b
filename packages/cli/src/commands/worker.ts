import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl worker`: one more worker. */
export const define: DefineCommand = (command, exit) => {
  command
    .option('--database <url>', 'PostgreSQL to join (default: PAWL_DATABASE_URL, else that of the data folder)')
    .addHelpText(
      'after',
      examples({
        'pawl worker': 'take a share of the work of the Pawl in this data folder',
        'pawl worker --database postgresql://pawl@db.example/pawl': 'join from another machine',
      }),
    )
    .action(async ({ database }: { database?: string }) => {
      exit(await (await import('../start/run-worker.ts')).runWorker(database));
    });
};
