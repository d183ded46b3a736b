import type { JsonObject } from '../../json.ts';
import {
  anyObject,
  boolean,
  closed,
  either,
  listOf,
  mapOf,
  oneMember,
  oneOfTexts,
  open,
  ref,
  string,
} from './build.ts';
import { protocolArguments } from './calls.ts';

/** The protocols that `call` may name; any other name is a function's or an action's. */
export const protocols: readonly string[] = Object.keys(protocolArguments);

/** Name of the definition of a call, by what it calls. */
export function callDefinition(called: string): string {
  return protocols.includes(called) ? `call-${called}` : 'call-function';
}

/** `$defs` of the tasks, one for each kind, and one for each protocol of `call`. */
export const taskDefinitions: JsonObject = {
  ...Object.fromEntries(
    protocols.map((protocol) => [
      `call-${protocol}`,
      task({ call: { const: protocol }, with: protocolArguments[protocol] as JsonObject }, ['call', 'with']),
    ]),
  ),
  'call-function': task({ call: { type: 'string', not: { enum: protocols } }, with: anyObject }, ['call']),
  call: either(...[...protocols.map((protocol) => `call-${protocol}`), 'call-function'].map(ref)),
  do: task({ do: ref('taskList') }, ['do']),
  emit: task(
    { emit: closed({ event: open({ with: { ...ref('eventAttributes'), required: ['type'] } }) }, ['event']) },
    ['emit'],
  ),
  for: task(
    {
      for: closed({ each: string, in: either(string, listOf(anyObject)), at: string }, ['in']),
      while: string,
      do: ref('taskList'),
    },
    ['for', 'do'],
  ),
  fork: task({ fork: closed({ branches: ref('taskList'), compete: boolean }, ['branches']) }, ['fork']),
  listen: task({ listen: closed({ to: ref('eventStrategy'), read: ref('readAs') }, ['to']), foreach: ref('foreach') }, [
    'listen',
  ]),
  raise: task({ raise: closed({ error: either(ref('error'), string) }, ['error']) }, ['raise']),
  run: task({ run: run() }, ['run']),
  set: task({ set: either({ type: 'object', minProperties: 1 }, string) }, ['set']),
  switch: task({ switch: { ...listOf(single(closed({ when: string, then: string }, ['then']))), minItems: 1 } }, [
    'switch',
  ]),
  try: task(
    {
      try: ref('taskList'),
      catch: closed({
        errors: open({ with: ref('errorFilter') }),
        as: string,
        when: string,
        exceptWhen: string,
        retry: either(ref('retryPolicy'), string),
        do: ref('taskList'),
        then: string,
      }),
    },
    ['try', 'catch'],
  ),
  wait: task({ wait: ref('duration') }, ['wait']),
  readAs: oneOfTexts('data', 'envelope', 'raw'),
};

/** An object with exactly one member, whose name is free. */
export function single(member: JsonObject): JsonObject {
  return { ...mapOf(member), minProperties: 1, maxProperties: 1 };
}

/** What a kind of task has of its own, and what all have. */
function task(properties: JsonObject, required: readonly string[]): JsonObject {
  const base = {
    if: string,
    input: ref('input'),
    output: ref('output'),
    export: ref('output'),
    timeout: ref('timeoutOrName'),
    then: string,
    metadata: anyObject,
  };
  return closed({ ...properties, ...base }, required);
}

function run(): JsonObject {
  const words = listOf(string);
  const eventually = { properties: { cleanup: { const: 'eventually' } } };
  const lifetime = closed(
    { cleanup: oneOfTexts('always', 'never', 'eventually'), after: ref('duration') },
    ['cleanup'],
    {
      if: eventually,
      then: { required: ['after'] },
      else: { not: { required: ['after'] } },
    },
  );
  const container = closed(
    {
      image: string,
      name: string,
      command: string,
      ports: anyObject,
      volumes: anyObject,
      environment: anyObject,
      stdin: string,
      arguments: words,
      lifetime,
      pullPolicy: oneOfTexts('ifNotPresent', 'always', 'never'),
    },
    ['image'],
  );
  const process = { stdin: string, arguments: words, environment: anyObject };
  const script = closed(
    { language: string, code: string, source: ref('resource'), ...process },
    ['language'],
    oneMember('code', 'source'),
  );
  const shell = closed({ command: string, ...process }, ['command']);
  const workflow = closed({ namespace: string, name: string, version: string, input: anyObject }, [
    'namespace',
    'name',
    'version',
  ]);
  const options = { await: boolean, return: oneOfTexts('stdout', 'stderr', 'code', 'all', 'none') };
  return closed(
    { container, script, shell, workflow, ...options },
    [],
    oneMember('container', 'script', 'shell', 'workflow'),
  );
}
