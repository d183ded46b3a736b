import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl start`: a whole Pawl in one process. */
export const define: DefineCommand = (command, exit) => {
  command
    .option('--no-examples', 'do without the examples, their database and their demo target')
    .addHelpText(
      'after',
      examples({
        'npm start': 'the same, from a fresh clone: it installs first',
        'PAWL_PORT=8080 PAWL_DATA=/srv/pawl pawl start --no-examples': 'another port and data folder',
        'PAWL_DATABASE_URL=postgresql://pawl@db.example/pawl pawl start': 'a PostgreSQL of your own',
      }),
    )
    .action(async ({ examples: withExamples }: { examples: boolean }) => {
      exit(await (await import('../start/start-pawl.ts')).startPawl(withExamples));
    });
};
