import type { Json, JsonObject } from '@pawl/core';
import { isObject } from '@pawl/core';
import { runLimits } from './limits.ts';
import type { Return } from './ended.ts';

const text = { type: 'string', maxLength: runLimits.textCharacters };

/** Schemas of the arguments that all kinds of `run` have. */
export const commonInput = {
  stdin: { description: 'Standard input; what is no text is given as JSON.' },
  arguments: { type: 'array', maxItems: runLimits.arguments, description: 'The arguments, in order.' },
  environment: {
    type: 'object',
    maxProperties: runLimits.environment,
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    description: 'Environment variables by name.',
  },
  return: { enum: ['stdout', 'stderr', 'code', 'all', 'none'], description: 'What the output is. Default: stdout.' },
  await: { const: true, description: 'Pawl always waits for the end.' },
} as const;

/** Schema of a text that is run. */
export function textInput(description: string): JsonObject {
  return { ...text, minLength: 1, description };
}

/** The output of all kinds of `run`: by `return`. */
export const runOutput: JsonObject = {
  anyOf: [
    { type: ['string', 'integer', 'null'] },
    {
      type: 'object',
      required: ['code', 'stdout', 'stderr'],
      properties: { code: { type: 'integer' }, stdout: { type: 'string' }, stderr: { type: 'string' } },
    },
  ],
};

/** What a program is given. */
export interface Given {
  readonly arguments: readonly string[];
  readonly stdin: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly wanted: Return;
}

/** What a program is given by the arguments of its action. */
export function givenBy(args: JsonObject): Given {
  const list = args['arguments'];
  return {
    arguments: Array.isArray(list) ? list.map((value: Json) => textOf(value)) : [],
    stdin: args['stdin'] === undefined ? '' : textOf(args['stdin']),
    environment: isObject(args['environment'])
      ? Object.fromEntries(Object.entries(args['environment']).map(([name, value]) => [name, textOf(value)]))
      : {},
    wanted: (args['return'] ?? 'stdout') as Return,
  };
}

/** A value as a program gets it: a text as it is, anything else as JSON. No C string can hold NUL. */
function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
