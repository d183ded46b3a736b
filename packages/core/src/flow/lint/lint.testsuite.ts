import { createHash } from 'node:crypto';
import { guarantees, httpGuarantee } from '../../guarantee/classes.ts';
import type { JsonObject } from '../../json.ts';
import type { ActionDescription } from '../../ports.ts';
import type { Problem } from '../../result.ts';
import { checkFlow } from '../check.ts';
import type { CheckResult } from '../check.ts';

const base = {
  version: '1.0.0',
  summary: '',
  output: true,
  target: () => 'target',
  concurrency: 1,
  timeoutMs: 1_000,
} as const;

/** Actions as tests need them: the language's own, one that takes arguments, and one that knows its guarantee. */
const actions: Readonly<Record<string, ActionDescription>> = {
  http: {
    ...base,
    name: 'http',
    input: {},
    guarantee: (args: JsonObject, keyIn) => httpGuarantee(String(args['method']), keyIn),
    declarable: guarantees.filter((each) => each !== 'transactional'),
  },
  'sql.upsert': {
    ...base,
    name: 'sql.upsert',
    input: {
      type: 'object',
      required: ['connection', 'rows'],
      additionalProperties: false,
      properties: {
        connection: { type: 'string' },
        rows: { type: 'array', items: { type: 'object' } },
        mode: { enum: ['a', 'b'] },
      },
    },
    guarantee: () => 'transactional',
    declarable: [],
  },
  'run.shell': { ...base, name: 'run.shell', input: {}, guarantee: () => 'once', declarable: ['idempotent', 'once'] },
  'run.script': {
    ...base,
    name: 'run.script',
    input: { type: 'object', required: ['language', 'code'], properties: { language: { enum: ['js', 'python'] } } },
    guarantee: ({ language }) => (language === 'js' ? 'pure' : 'once'),
    declarable: ['idempotent', 'once'],
  },
};

export const catalog = { describe: (name: string) => actions[name], names: () => Object.keys(actions).sort() };

export const hash = { sha256: (text: string) => createHash('sha256').update(text).digest('hex'), crc32: () => 0 };

/** A flow around a body, `do:` and what stands beside it. */
export function flowText(body: string, head = ''): string {
  return `document: {dsl: '1.0.3', namespace: test, name: test, version: '1.0.0'${head}}\n${body}\n`;
}

/** The outcome of checking a flow around a body. */
export function checkBody(body: string, purpose: 'check' | 'deploy' = 'check', head = ''): CheckResult {
  return checkFlow(flowText(body, head), { hash, catalog, purpose });
}

/** Problems in short: `error CODE path`, without the codes' common beginning. */
export function told(body: string, purpose: 'check' | 'deploy' = 'check', head = ''): readonly string[] {
  return checkBody(body, purpose, head).problems.map(inShort);
}

/** One problem in short. */
function inShort({ severity, code, path }: Problem): string {
  return `${severity} ${code.replace('PAWL_FLOW_', '')} ${path}`;
}
