import { isObject } from '../../json.ts';
import type { Json } from '../../json.ts';
import { compileSchema } from '../../schema/index.ts';
import { refuse } from './report.ts';
import type { Lint } from './report.ts';

/** Every schema of data that stands in the flow can be used. */
export function lintDataSchemas(lint: Lint): void {
  const owners = [
    { owner: lint.document, path: '' },
    ...lint.sites.tasks.map(({ task, path }) => ({ owner: task, path })),
  ];
  for (const { owner, path } of owners) {
    for (const name of ['input', 'output', 'export']) lintSchema(lint, owner[name], `${path}/${name}/schema`);
  }
}

function lintSchema(lint: Lint, owner: Json | undefined, path: string): void {
  const schema = isObject(owner) ? owner['schema'] : undefined;
  if (!isObject(schema) || schema['document'] === undefined) return;
  // A schema in another language is not read at all; the rules for what is not built tell of it.
  if (typeof schema['format'] === 'string' && !/^json(:|$)/.test(schema['format'])) return;
  const compiled = compileSchema(schema['document']);
  if (compiled.ok) return;
  for (const problem of compiled.problems) {
    refuse(
      lint,
      'PAWL_FLOW_DATA_SCHEMA',
      `${path}/document${problem.path}`,
      `The schema cannot be used: it ${problem.message}.`,
      problem.hint,
    );
  }
}
