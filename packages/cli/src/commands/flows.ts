import { type DefineCommand, examples } from '../define-command.ts';
import { limitOption } from './limit-option.ts';

/** `pawl flows`: what is published. */
export const define: DefineCommand = (command) => {
  command
    .addOption(limitOption())
    .option('--json', 'print {"items","next"} as JSON')
    .addHelpText('after', examples({ 'pawl flows': 'name, newest version and time of each flow' }))
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const { listAll } = await import('../client/lists.ts');
      const { flowName, time, cell } = await import('../client/words.ts');
      const { print, printJson, table } = await import('../output.ts');
      const list = await listAll('flows', {}, limit);
      if (json === true) return printJson(list);
      if (list.items.length === 0) return print('There is no flow yet. Publish one with: pawl deploy FILE');
      print(
        table(
          ['flow', 'published', 'hash'],
          list.items.map((flow) => [flowName(flow), time(flow['createdAt']), cell(flow['hash']).slice(0, 12)]),
        ),
      );
    });
};
