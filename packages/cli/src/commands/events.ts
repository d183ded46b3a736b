import { type DefineCommand, examples } from '../define-command.ts';
import { limitOption } from './limit-option.ts';

/** `pawl events`: what was sent to flows, and who took it. */
export const define: DefineCommand = (command) => {
  command
    .option('--type <type>', 'only events of this type')
    .option('--unwanted', 'only events that nobody took')
    .addOption(limitOption())
    .option('--json', 'print {"items","next"} as JSON')
    .addHelpText(
      'after',
      examples({
        'pawl events': 'the newest events, to how many they were given, and how many took them',
        'pawl events --unwanted': 'events that nobody waited for: a wrong type or attribute?',
        'pawl events --type com.example.order.paid --json': 'whole events, for a program',
      }),
    )
    .action(async ({ type, unwanted, limit, json }: EventsOptions) => {
      const { listAll } = await import('../client/lists.ts');
      const { cell, time } = await import('../client/words.ts');
      const { print, printJson, table } = await import('../output.ts');
      const list = await listAll('events', { type, wanted: unwanted === true ? 'false' : undefined }, limit);
      if (json === true) return printJson(list);
      if (list.items.length === 0) return print('There is no such event. Events are kept for a day.');
      const rows = list.items.map((event) => [
        time(event['at']),
        cell(event['type']),
        cell(event['given']),
        cell(event['taken']),
        cell(event['source']),
        cell(event['id']),
      ]);
      print(table(['accepted', 'type', 'given', 'taken', 'source', 'id'], rows));
    });
};

interface EventsOptions {
  readonly type?: string;
  readonly unwanted?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}
