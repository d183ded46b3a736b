import type { JsonObject } from '../../json.ts';
import { closed, either, listOf, mapOf, oneMember, open, ref, string } from './build.ts';

/** `$defs` about events and messages. */
export const eventDefinitions: JsonObject = {
  /** Attributes of an event: literals or expressions; further ones are extensions. */
  eventAttributes: open({
    id: string,
    source: ref('uriOrExpression'),
    type: string,
    time: either({ type: 'string', format: 'date-time' }, ref('expression')),
    subject: string,
    datacontenttype: string,
    dataschema: ref('uriOrExpression'),
    data: true,
  }),
  eventFilter: closed(
    {
      with: { ...ref('eventAttributes'), minProperties: 1 },
      correlate: mapOf(open({ from: string, expect: string }, ['from'])),
    },
    ['with'],
  ),
  /** Which events are waited for: exactly one of all, any and one; `until` goes with any alone. */
  eventStrategy: closed(
    {
      all: listOf(ref('eventFilter')),
      any: listOf(ref('eventFilter')),
      one: ref('eventFilter'),
      until: either(string, { ...ref('eventStrategy'), not: { required: ['until'] } }),
    },
    [],
    { ...oneMember('all', 'any', 'one'), dependentRequired: { until: ['any'] } },
  ),
  foreach: closed({ item: string, at: string, do: ref('taskList'), output: ref('output'), export: ref('output') }),
};
