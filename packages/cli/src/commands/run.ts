import { type DefineCommand, examples } from '../define-command.ts';
import { durationArgument } from './duration-argument.ts';

/** Options of `pawl run`. */
export interface RunOptions {
  readonly input?: string;
  readonly key?: string;
  readonly journal?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly database?: string;
}

/** `pawl run`: one flow to its end, without a server. */
export const define: DefineCommand = (command, exit) => {
  command
    .argument('<file>', 'flow document, YAML or (ending in .json) JSON')
    .option('--input <json>', 'the input: JSON, @file, or - for stdin (default: null)')
    .option('--key <key>', 'start key: the same key, file and input again attach to the same run')
    .option('--journal <file>', 'write the journal there, one JSON object a line, as it is committed')
    .option(
      '--timeout <time>',
      'stop waiting after this time, such as 500ms, 60s, 5m or PT1H; the run stays',
      durationArgument,
    )
    .option('--database <url>', 'PostgreSQL to use (default: PAWL_DATABASE_URL, else the data folder)')
    .addHelpText(
      'after',
      `${examples({
        'pawl run flow.yaml --input \'{"name":"Ada"}\'': 'print the output as JSON',
        'pawl run flow.yaml --input @orders.json --key monday': 'kill it and run it again: it goes on where it was',
        'pawl run flow.yaml --journal journal.jsonl --timeout 10s': 'exit code 4 if it still waits then',
      })}\n\nExit codes: 0 completed, 1 faulted or something needed (such as the database) did not work, 2 not valid: nothing was started, 3 cancelled, 4 still waiting at --timeout.\nOnly the output goes to stdout; an error goes to stderr as problem JSON.`,
    )
    .action(async (file: string, options: RunOptions) => {
      exit(await (await import('../run/run-file.ts')).runFile(file, options));
    });
};
