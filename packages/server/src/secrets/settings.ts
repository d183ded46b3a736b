import { parseHostRule, shortestSecret } from '@pawl/actions';
import type { PostgresDefinition } from '@pawl/actions';
import type { Json, JsonObject } from '@pawl/core';
import { compileSchema, isObject, PawlError } from '@pawl/core';

/** Where a value may go, and who may use it; both are open where nothing is said. */
export interface Bounds {
  /** Hosts that it may be sent to. */
  readonly hosts?: readonly string[];
  /** Flows (`namespace/name`, `*` for any characters but a slash) that may use it. */
  readonly flows?: readonly string[];
}

/** A secret as it is set. */
export interface SecretInput extends Bounds {
  /** A text, or an object such as the policy of an authentication. */
  readonly value: Json;
}

/** A connection as it is set: fields that lists show, and fields that are sealed. */
export interface ConnectionInput extends Bounds {
  readonly kind: 'postgres';
  readonly fields: JsonObject;
  readonly secrets: JsonObject;
}

/** What secrets and connections may be called. */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/;
const secretBytes = 65_536;
const mostRules = 50;

/** Throws PAWL_SECRET_INVALID unless this can be a name. */
export function checkName(name: string): void {
  if (namePattern.test(name)) return;
  throw invalid(
    `${JSON.stringify(name.slice(0, 80))} cannot be a name: a name is 1 to 63 letters, digits, dots, dashes and underscores.`,
  );
}

/** Throws PAWL_SECRET_INVALID unless the bounds can be kept. */
export function checkBounds({ hosts = [], flows = [] }: Bounds): void {
  if (hosts.length > mostRules || flows.length > mostRules)
    throw invalid(`There can be at most ${mostRules} hosts and ${mostRules} flows.`);
  for (const host of hosts) parseHostRule(host);
  for (const flow of flows)
    if (!/^[A-Za-z0-9*-]{1,63}\/[A-Za-z0-9*-]{1,63}$/.test(flow))
      throw invalid(
        `${JSON.stringify(flow.slice(0, 200))} is no flow. Write it like namespace/name; * stands for any characters.`,
      );
}

/** Throws PAWL_SECRET_INVALID for a value that cannot be kept or not be hidden, in words that do not hold it. */
export function checkValue(value: Json): void {
  if (typeof value !== 'string' && !isObject(value)) throw invalid('A secret is a text or an object.');
  if (typeof value === 'string' && value.length < shortestSecret)
    throw invalid(
      `The value has fewer than ${shortestSecret} characters. So short a text is found everywhere, and cannot be kept out of logs and journals.`,
    );
  if (Buffer.byteLength(JSON.stringify(value)) > secretBytes)
    throw invalid(`The value is larger than ${secretBytes} bytes.`);
}

const text: JsonObject = { type: 'string', minLength: 1 };
const definition = compileSchema({
  type: 'object',
  required: ['host', 'user', 'database'],
  additionalProperties: false,
  properties: {
    host: text,
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    user: text,
    database: text,
    password: { type: 'string' },
    tls: { enum: ['verify', 'off'] },
    allow: text,
  },
});

/** The definition of a connection. Throws PAWL_SECRET_INVALID, in words that hold no value of it. */
export function definitionOf(name: string, { fields, secrets, hosts, flows }: ConnectionInput): PostgresDefinition {
  const both = { ...fields, ...secrets };
  const [twice] = Object.keys(fields).filter((field) => Object.hasOwn(secrets, field));
  if (twice !== undefined) throw invalid(`The field ${twice} of ${name} is given twice, open and as a secret.`);
  if (Object.hasOwn(fields, 'password'))
    throw invalid('The password must be given as a secret, so that no list shows it.');
  if (!definition.ok) throw new PawlError('PAWL_INTERNAL', 'the schema of connections');
  const [problem] = definition.value.validate(both);
  if (problem !== undefined)
    throw invalid(
      `The connection ${name} is not valid at ${problem.path === '' ? 'its fields' : problem.path.slice(1)} (${problem.keyword}). A postgres connection has host, user and database, and may have port, password, tls and allow.`,
    );
  for (const [field, value] of Object.entries(secrets)) {
    if (typeof value === 'string' && value.length < shortestSecret)
      throw invalid(
        `The secret field ${field} has fewer than ${shortestSecret} characters, too few to be kept out of logs.`,
      );
  }
  return {
    ...({ port: 5_432, ...both } as unknown as Omit<PostgresDefinition, 'kind'>),
    kind: 'postgres',
    ...(hosts === undefined ? {} : { hosts }),
    ...(flows === undefined ? {} : { flows }),
  };
}

function invalid(message: string): PawlError {
  return new PawlError('PAWL_SECRET_INVALID', message);
}
