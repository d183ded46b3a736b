import type { Json, JsonObject } from '../../json.ts';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Mutable = { [key: string]: unknown } | unknown[];

/** A copy of a document with one to three small changes, of the kind that people and editors make. */
export function mutate(document: Json, donors: readonly Json[], next: () => number): Json {
  const copy = structuredClone(document) as unknown;
  const changes = 1 + Math.floor(next() * 3);
  for (let i = 0; i < changes; i++) {
    const places = containers(copy);
    const place = pick(places, next);
    if (place !== undefined) change(place, donors, next);
  }
  return copy as Json;
}

function change(place: Mutable, donors: readonly Json[], next: () => number): void {
  const keys = Object.keys(place);
  const key = pick(keys, next);
  const roll = next();
  if (Array.isArray(place)) {
    if (roll < 0.3 && key !== undefined) place.splice(Number(key), 1);
    else if (roll < 0.6) place.push(value(donors, next));
    else if (key !== undefined) place[Number(key)] = value(donors, next);
    return;
  }
  if (roll < 0.25 && key !== undefined) {
    delete place[key];
  } else if (roll < 0.5) {
    place[pick(words, next) as string] = value(donors, next);
  } else if (roll < 0.65 && key !== undefined) {
    place[pick(words, next) as string] = place[key];
    if (next() < 0.5) delete place[key];
  } else if (key !== undefined) {
    place[key] = value(donors, next);
  }
}

/** Often a part of another document, so that what is exchanged is nearly right. */
function value(donors: readonly Json[], next: () => number): unknown {
  if (next() < 0.5) return structuredClone(pick(literals, next));
  const donor = pick(containers(structuredClone(pick(donors, next))), next) ?? {};
  const key = pick(Object.keys(donor), next);
  return next() < 0.5 || key === undefined ? donor : (donor as JsonObject)[key];
}

function containers(root: unknown): Mutable[] {
  const found: Mutable[] = [];
  const pending: unknown[] = [root];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (typeof at !== 'object' || at === null) continue;
    found.push(at as Mutable);
    pending.push(...Object.values(at));
  }
  return found;
}

function pick<T>(from: readonly T[], next: () => number): T | undefined {
  return from[Math.floor(next() * from.length)];
}

const literals: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    70_000,
    '',
    ' ',
    'x',
    'text with spaces',
    '/a/b',
    'https://example.com/{id}',
    'a{b',
    '${ .a }',
  ],
  ...[
    '  ${ .a } ',
    '${ .a } and ${ .b }',
    '${}',
    '${ .a',
    '.a',
    'PT5S',
    'P1Y2M3W4DT5H6M7.5S',
    'P',
    'PT',
    'P1',
    'end',
    '1.0.0',
    '1.0',
    'v1',
  ],
  ...[
    '2026-01-01T00:00:00Z',
    'not-a-date',
    'http',
    'grpc',
    'client_credentials',
    'name',
    '-name',
    'all',
    'eventually',
    'never',
    'data',
  ],
  ...[
    [],
    {},
    [{}],
    [[]],
    ['a'],
    [{ a: 1 }],
    { a: 1 },
    { use: 'secret' },
    { use: '' },
    { seconds: 1 },
    { seconds: 1.5 },
    { weeks: 1 },
  ],
  ...[
    { username: 'u', password: 'p' },
    { token: 't' },
    { token: 't', use: 's' },
    { after: 'PT1S' },
    { type: 'a' },
    { type: 'https://e.x/t', status: 400 },
  ],
  ...[
    { x: { set: { a: 1 } } },
    [{ x: { wait: 'PT1S' } }],
    { set: { a: 1 } },
    { set: 1 },
    { with: { type: 'a' } },
    { one: { with: { type: 'a' } } },
  ],
  ...[
    { any: [] },
    { any: [], until: '.x' },
    { all: [], until: '.x' },
    { any: [], until: { any: [] } },
    { any: [], until: { any: [], until: '.a' } },
  ],
  ...[
    { endpoint: 'https://e.x' },
    { uri: 'https://e.x' },
    { uri: '${ .u }', authentication: { basic: { use: 'x' } } },
    { constant: {} },
    { constant: {}, linear: {} },
  ],
  ...[
    { basic: { username: 'u', password: 'p' } },
    { bearer: { token: 't' }, basic: 5 },
    { bearer: { token: 't' }, basic: { use: 's' } },
  ],
  ...[
    { oauth2: { authority: 'https://a', grant: 'password' } },
    { oidc: { authority: 'https://a', grant: 'password', endpoints: {} } },
  ],
  ...[
    { document: {} },
    { document: {}, resource: { endpoint: 'https://e.x' } },
    { cleanup: 'eventually' },
    { cleanup: 'never', after: 'PT1S' },
  ],
  ...[
    { http: { endpoint: 'https://e.x' } },
    { stdio: { command: 'x' } },
    { amount: 1 },
    { amount: 1, while: '${ .x }' },
    { from: '.x' },
  ],
];

const words: readonly string[] = [
  ...[
    'document',
    'do',
    'input',
    'output',
    'use',
    'timeout',
    'schedule',
    'evaluate',
    'language',
    'mode',
    'dsl',
    'namespace',
    'name',
    'version',
  ],
  ...[
    'title',
    'summary',
    'tags',
    'metadata',
    'authentications',
    'catalogs',
    'errors',
    'extensions',
    'functions',
    'retries',
    'secrets',
    'timeouts',
  ],
  ...[
    'if',
    'from',
    'as',
    'schema',
    'export',
    'then',
    'call',
    'with',
    'method',
    'endpoint',
    'headers',
    'body',
    'query',
    'redirect',
    'emit',
    'event',
  ],
  ...[
    'for',
    'each',
    'in',
    'at',
    'while',
    'fork',
    'branches',
    'compete',
    'listen',
    'to',
    'read',
    'foreach',
    'item',
    'raise',
    'error',
    'run',
    'await',
  ],
  ...[
    'return',
    'container',
    'script',
    'shell',
    'workflow',
    'image',
    'command',
    'ports',
    'volumes',
    'environment',
    'stdin',
    'arguments',
    'lifetime',
  ],
  ...[
    'cleanup',
    'after',
    'pullPolicy',
    'code',
    'source',
    'set',
    'switch',
    'when',
    'try',
    'catch',
    'exceptWhen',
    'retry',
    'wait',
    'delay',
    'backoff',
  ],
  ...[
    'constant',
    'linear',
    'exponential',
    'limit',
    'attempt',
    'count',
    'duration',
    'jitter',
    'type',
    'status',
    'instance',
    'detail',
    'uri',
  ],
  ...[
    'authentication',
    'basic',
    'bearer',
    'digest',
    'oauth2',
    'oidc',
    'username',
    'password',
    'token',
    'authority',
    'grant',
    'client',
    'endpoints',
  ],
  ...[
    'all',
    'any',
    'one',
    'until',
    'correlate',
    'expect',
    'data',
    'time',
    'every',
    'cron',
    'on',
    'days',
    'seconds',
    'weeks',
    'proto',
    'service',
  ],
  ...[
    'host',
    'port',
    'operationId',
    'parameters',
    'channel',
    'operation',
    'message',
    'subscription',
    'protocol',
    'server',
    'payload',
    'filter',
  ],
  ...[
    'consume',
    'amount',
    'transport',
    'http',
    'stdio',
    'options',
    'agentCard',
    'extend',
    'before',
    'resource',
    'format',
    'unknown',
    'x',
  ],
];
