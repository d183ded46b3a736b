import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { compileSchema, PawlError } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { parse as parseYaml } from 'yaml';
import { createConnections } from './connections.ts';
import type { KnownConnections, PostgresDefinition } from './connections.ts';

/** Longest connections file (bytes). */
const fileBytes = 1_048_576;

/**
 * Reads the connections file (PAWL_CONNECTIONS), JSON or YAML: name → `{kind: postgres, url}` or `{kind: postgres, host,
 * port, user, password, database}`, each with `flows`, `allow` and `tls` where wanted. Without a path there are none.
 * Throws PAWL_CONNECTION_FILE, never with a value of the file in its text.
 */
export function loadConnections(path: string | undefined): KnownConnections {
  if (path === undefined || path === '') return createConnections({});
  const entries = parseEntries(path, readPrivate(path));
  const definitions = Object.entries(entries).map(([name, entry]) => [name, definitionOf(path, name, entry)] as const);
  return createConnections(Object.fromEntries(definitions));
}

/** The text of a file that its owner alone can read; checked on the open file, so that none can be put in its place. */
function readPrivate(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new PawlError('PAWL_CONNECTION_FILE', `The connections file ${path} cannot be opened.`, { cause: error });
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new PawlError('PAWL_CONNECTION_FILE', `${path} is not a file.`);
    if ((stat.mode & 0o077) !== 0)
      throw new PawlError(
        'PAWL_CONNECTION_FILE',
        `Others can read the connections file ${path}. Run: chmod 600 ${path}`,
      );
    if (process.getuid !== undefined && stat.uid !== process.getuid())
      throw new PawlError('PAWL_CONNECTION_FILE', `The connections file ${path} belongs to another user.`);
    if (stat.size > fileBytes)
      throw new PawlError('PAWL_CONNECTION_FILE', `The connections file ${path} is larger than ${fileBytes} bytes.`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

const port: JsonObject = { type: 'integer', minimum: 1, maximum: 65_535 };
const text: JsonObject = { type: 'string', minLength: 1 };
const common: JsonObject = {
  kind: { const: 'postgres' },
  password: { type: 'string' },
  flows: { type: 'array', items: text },
  allow: text,
  hosts: { type: 'array', items: text },
  tls: { enum: ['verify', 'off'] },
};

const fileSchema: JsonObject = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z0-9_-]{1,63}$' },
  additionalProperties: {
    type: 'object',
    required: ['kind'],
    if: { required: ['url'] },
    then: { additionalProperties: false, properties: { ...common, url: text } },
    else: {
      required: ['host', 'user', 'database'],
      additionalProperties: false,
      properties: { ...common, host: text, port, user: text, database: text },
    },
  },
};

function parseEntries(path: string, source: string): Readonly<Record<string, JsonObject>> {
  let value: Json;
  try {
    value = parseYaml(source, { schema: 'core', maxAliasCount: 0, uniqueKeys: true }) as Json;
  } catch (error) {
    // The parser quotes the line where it failed, and that line may hold a password.
    const at = error instanceof Error && 'linePos' in error ? (error.linePos as [{ line: number }])[0].line : undefined;
    throw new PawlError(
      'PAWL_CONNECTION_FILE',
      `The connections file ${path} is neither JSON nor YAML${at === undefined ? '' : `: see line ${at}`}.`,
    );
  }
  const schema = compileSchema(fileSchema);
  if (!schema.ok)
    throw new PawlError('PAWL_INTERNAL', `the schema of the connections file: ${schema.problems[0]?.message ?? ''}`);
  const [problem] = schema.value.validate(value);
  // Only where and which rule: the message of a problem may quote the value.
  if (problem !== undefined)
    throw new PawlError(
      'PAWL_CONNECTION_FILE',
      `The connections file ${path} is not valid at ${problem.path === '' ? 'its root' : problem.path} (${problem.keyword}).`,
    );
  return value as Readonly<Record<string, JsonObject>>;
}

function definitionOf(path: string, name: string, entry: JsonObject): PostgresDefinition {
  if (entry['url'] === undefined) return { port: 5432, ...entry } as unknown as PostgresDefinition;
  const { url, ...more } = entry;
  return { ...partsOfUrl(path, name, String(url)), ...more } as unknown as PostgresDefinition;
}

function partsOfUrl(path: string, name: string, source: string): JsonObject {
  const url = URL.canParse(source) ? new URL(source) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '') {
    throw new PawlError(
      'PAWL_CONNECTION_FILE',
      `The url of the connection ${name} in ${path} must look like postgres://user:password@host:5432/database.`,
    );
  }
  const user = decodeURIComponent(url.username);
  const mode = url.searchParams.get('sslmode');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    user,
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(mode === null ? {} : { tls: mode === 'disable' ? 'off' : 'verify' }),
  };
}
