import type { FastifySchema, FastifySchemaCompiler } from 'fastify';
import type { Json, JsonObject, SchemaProblem, Validator } from '@pawl/core';
import { compileSchema, isObject, PawlError } from '@pawl/core';

const partNames: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
};

/** Checks requests with the same validator that checks users' data, so that they are told in the same words. */
export const validatorCompiler: FastifySchemaCompiler<FastifySchema> = ({ schema, httpPart, url }) => {
  const compiled = compileSchema(schema as Json);
  if (!compiled.ok)
    throw new PawlError('PAWL_INTERNAL', `the schema of ${url ?? ''}: ${compiled.problems[0]?.message ?? ''}`);
  const part = partNames[httpPart ?? 'body'] ?? 'request';
  const isText = httpPart !== 'body';
  return (value: Json) => check(compiled.value, part, isText ? readTexts(value, schema as JsonObject) : value);
};

function check(validator: Validator, part: string, value: Json): { value: Json } | { error: PawlError } {
  const problems = validator.validate(value);
  if (problems.length === 0) return { value };
  const shown = problems.map(
    ({ path, message }) => `${path === '' ? `the ${part}` : `${path} of the ${part}`} ${message}`,
  );
  const detail = `${shown.join('; ')}.`;
  return { error: new PawlError('PAWL_REQUEST_INVALID', detail, { extra: { problems: problems.map(shownProblem) } }) };
}

function shownProblem({ path, message, hint }: SchemaProblem): JsonObject {
  return { path, message, ...(hint === undefined ? {} : { hint }) };
}

/** Queries and paths are texts: those that should be numbers or truth values and look like them become such. */
function readTexts(value: Json, schema: JsonObject): Json {
  const properties = schema['properties'];
  if (!isObject(value) || !isObject(properties)) return value;
  const read: Record<string, Json> = {};
  for (const [name, text] of Object.entries(value)) {
    const type = Object.hasOwn(properties, name) ? (properties[name] as JsonObject)['type'] : undefined;
    read[name] = readText(text, type);
  }
  return read;
}

function readText(text: Json, type: Json | undefined): Json {
  if (type === 'integer' && typeof text === 'string' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
