import { PawlError } from '../errors.ts';
import { isOwnText, programOf } from '../flow/program-task.ts';
import type { JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { Compiling } from './compiling.ts';
import { compileTemplate, variablesOf } from './expression.ts';
import type { Template } from './expression.ts';
import type { ActionBody } from './nodes.ts';

/** Compiles a task that runs a program, into the call that it is; undefined for one that runs a flow. */
export function compileRun(
  c: Compiling,
  task: JsonObject,
  variables: readonly string[],
  at: string,
): ActionBody | undefined {
  const program = programOf(task);
  if (program === undefined) return undefined;
  const { kind, action, given, text } = program;
  const description = c.catalog.describe(action);
  if (description === undefined)
    throw new PawlError('PAWL_FLOW_INVALID', `The task at ${at} runs a ${kind}, and there is no action ${action}.`);
  const { [kind]: _, ...options } = isObject(task['run']) ? task['run'] : {};
  const members = Object.entries({ ...given, ...options }).map(([name, value]): readonly [string, Template] => {
    const own = name === text && typeof value === 'string' && isOwnText(value);
    if (own) return [name, { kind: 'constant', value }];
    const template = compileTemplate(value, variables, `${at}/run/${kind}/${name}`);
    if (!secretMembers.includes(name) && variablesOf(template).includes('secrets'))
      throw new PawlError(
        'PAWL_FLOW_INVALID',
        `The \`${name}\` at ${at}/run/${kind} names a secret. Give it in \`environment\` or \`stdin\`, which nobody else on the machine can see.`,
      );
    return [name, template];
  });
  return { kind: 'call', action, description, args: { kind: 'object', members }, uriTemplates: [] };
}

/** What of a program may hold secrets. */
const secretMembers: readonly string[] = ['environment', 'stdin'];
