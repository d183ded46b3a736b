import { type DefineCommand, examples } from '../define-command.ts';
import { limitOption } from './limit-option.ts';

/** `pawl flows`: what is published. */
export const define: DefineCommand = (command) => {
  command
    .addOption(limitOption())
    .option('--json', 'print {"items","next"} as JSON')
    .addHelpText(
      'after',
      examples({ 'pawl flows': 'name, version and time of each flow, and when it starts next by itself' }),
    )
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const { listAll } = await import('../client/lists.ts');
      const { nextText } = await import('../client/schedules.ts');
      const { flowName, time, cell } = await import('../client/words.ts');
      const { print, printJson, table } = await import('../output.ts');
      const list = await listAll('flows', {}, limit);
      if (json === true) return printJson(list);
      if (list.items.length === 0) return print('There is no flow yet. Publish one with: pawl deploy FILE');
      const schedules = await listAll('schedules', {}, limit);
      const next = new Map(schedules.items.map((one) => [cell(one['hash']), nextText(one)]));
      const rows = list.items.map((flow) => {
        const hash = cell(flow['hash']);
        return [flowName(flow), time(flow['createdAt']), hash.slice(0, 12), next.get(hash) ?? ''];
      });
      print(table(['flow', 'published', 'hash', 'next start'], rows));
    });
};
