import { type DefineCommand, examples } from '../define-command.ts';

/** `pawl emit`: sends an event to the flows that listen. */
export const define: DefineCommand = (command) => {
  command
    .argument('<type>', 'type of the event, such as com.example.order.paid')
    .option('--source <uri>', 'who it is from', '/pawl/cli')
    .option('--id <id>', 'its id; the same source and id again change nothing (default: a new one)')
    .option('--subject <text>', 'what it is about')
    .option('--data <json>', 'its data: JSON, @file, or - for stdin')
    .option('--json', "print the server's answer as JSON")
    .addHelpText(
      'after',
      examples({
        'pawl emit com.example.order.paid --data \'{"order":4711}\'': 'send an event',
        'pawl emit com.example.order.paid --id 4711 --data @paid.json': 'send it again: it counts once',
      }),
    )
    .action(async (type: string, options: EmitOptions) => {
      await (await import('../client/emit-event.ts')).emitEvent(type, options);
    });
};

interface EmitOptions {
  readonly source: string;
  readonly id?: string;
  readonly subject?: string;
  readonly data?: string;
  readonly json?: boolean;
}
