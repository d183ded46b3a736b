import { Option } from 'commander';
import { type DefineCommand, examples } from '../define-command.ts';
import { limitOption } from './limit-option.ts';

const statuses = ['pending', 'running', 'waiting', 'suspended', 'cancelled', 'faulted', 'completed'];

/** `pawl runs`: what ran, what waits and why. */
export const define: DefineCommand = (command) => {
  command
    .addOption(new Option('--status <status>', 'only runs with this status').choices(statuses))
    .option('--flow <namespace/name>', 'only runs of this flow')
    .addOption(limitOption())
    .option('--json', 'print {"items","next"} as JSON')
    .addHelpText(
      'after',
      examples({
        'pawl runs': 'the newest runs',
        'pawl runs --status waiting': 'what waits, and what for',
        'pawl runs --flow examples/charge-orders --json': 'runs of one flow, for a program',
      }),
    )
    .action(
      async ({ status, flow, limit, json }: { status?: string; flow?: string; limit: number; json?: boolean }) => {
        const { listAll } = await import('../client/lists.ts');
        const { cell, flowName, statusText, time } = await import('../client/words.ts');
        const { print, printJson, table } = await import('../output.ts');
        const list = await listAll('runs', { status, flow }, limit);
        if (json === true) return printJson(list);
        if (list.items.length === 0) return print('There is no such run.');
        const rows = list.items.map((run) => [
          cell(run['id']),
          flowName(run['flow']),
          statusText(run),
          time(run['startedAt']),
          time(run['endedAt']),
        ]);
        print(table(['run', 'flow', 'status', 'started', 'ended'], rows));
      },
    );
};
