import type { JsonObject } from '../../json.ts';
import { taskKinds } from '../document.ts';
import { anyObject, closed, either, listOf, mapOf, oneOfTexts, open, ref, string } from './build.ts';
import { commonDefinitions } from './common.ts';
import { eventDefinitions } from './events.ts';
import { single, taskDefinitions } from './tasks.ts';

/** All definitions but those of a list of tasks and of a task, which the two users of a schema see differently. */
export const definitions: JsonObject = {
  ...commonDefinitions,
  ...eventDefinitions,
  ...taskDefinitions,
  extension: closed(
    {
      extend: oneOfTexts(
        'call',
        'composite',
        'emit',
        'for',
        'listen',
        'raise',
        'run',
        'set',
        'switch',
        'try',
        'wait',
        'all',
      ),
      when: string,
      before: ref('taskList'),
      after: ref('taskList'),
    },
    ['extend'],
  ),
};

/** The document's own members, outside its tasks. Other members of the root are nobody's business. */
export const rootSchema: JsonObject = open(
  {
    document: closed(
      {
        dsl: ref('version'),
        namespace: ref('label'),
        name: ref('label'),
        version: ref('version'),
        title: string,
        summary: string,
        tags: anyObject,
        metadata: anyObject,
      },
      ['dsl', 'namespace', 'name', 'version'],
    ),
    input: ref('input'),
    use: closed({
      authentications: mapOf(ref('authentication')),
      catalogs: mapOf(closed({ endpoint: ref('endpoint') }, ['endpoint'])),
      errors: mapOf(ref('error')),
      extensions: listOf(single(ref('extension'))),
      functions: mapOf(ref('task')),
      retries: mapOf(ref('retryPolicy')),
      secrets: listOf(string),
      timeouts: mapOf(ref('timeout')),
    }),
    do: ref('taskList'),
    timeout: ref('timeoutOrName'),
    output: ref('output'),
    schedule: closed(
      { every: ref('duration'), cron: string, after: ref('duration'), on: ref('eventStrategy'), read: ref('readAs') },
      [],
      { dependentRequired: { read: ['on'] } },
    ),
    evaluate: closed({ language: string, mode: oneOfTexts('strict', 'loose') }),
  },
  ['document', 'do'],
);

/** JSON Schema (2020-12) of a flow document, for editors: it accepts what the official schema of the DSL accepts. */
export const flowSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Flow document',
  ...rootSchema,
  $defs: { ...definitions, task: either(...taskKinds.map(ref)), taskList: listOf(single(ref('task'))) },
};
