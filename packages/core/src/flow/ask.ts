import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ActionDescription } from '../ports.ts';
import { scanText } from './expression-text.ts';
import { catalogFunction } from './external.ts';
import { member } from './member.ts';

const duration: JsonObject = {
  type: ['string', 'object'],
  description: 'A duration: ISO 8601 such as PT8H, or an object such as {hours: 8}.',
};
const people: JsonObject = {
  type: 'array',
  maxItems: 100,
  items: { type: 'string', maxLength: 200, pattern: '^(user:)?[\\p{L}\\p{N}][\\p{L}\\p{N} ._@+-]*$' },
};

/** JSON Schema of what a question gives whose form is this: a schema, or undefined where there is none. */
export function askOutput(form: Json | undefined): JsonObject {
  if (form === undefined) return outputWith({ type: 'null' });
  return outputWith(isObject(form) && isConstant(form) ? { anyOf: [form, { type: 'null' }] } : true);
}

function outputWith(data: Json): JsonObject {
  const text = { type: 'string' };
  const approval = { type: 'object', properties: { by: text, at: text }, additionalProperties: false };
  return {
    type: 'object',
    required: ['decision', 'data', 'by', 'at'],
    additionalProperties: false,
    properties: {
      decision: { enum: ['approved', 'rejected'] },
      data,
      by: text,
      at: { ...text, format: 'date-time' },
      reason: text,
      approvals: { type: 'array', items: approval },
    },
  };
}

/**
 * What `call: ask` takes and gives. It reaches nothing outside: the run itself waits until a person has decided, so there
 * is nothing to send and no guarantee to choose.
 */
export const askAction: ActionDescription = {
  name: 'ask',
  version: '1.0.0',
  summary: 'A person decides.',
  input: {
    type: 'object',
    required: ['title'],
    additionalProperties: false,
    properties: {
      title: {
        type: 'string',
        minLength: 1,
        maxLength: 1_000,
        pattern: '^[^\\u0000]*$',
        description: 'The question, in one line.',
      },
      text: { type: 'string', maxLength: 20_000, description: 'What must be known to answer it.' },
      form: { type: 'object', description: 'A JSON Schema of what is filled in; without it, nothing is.' },
      to: { ...people, description: 'Who is asked: groups, and persons as user:NAME. Default: whoever may decide.' },
      fourEyes: { type: 'boolean', description: 'Two different people must approve.' },
      deadline: { ...duration, description: 'How long the answer is waited for. Default: the deadline of the run.' },
      remind: { ...duration, description: 'How often those who are asked are reminded.' },
      escalate: {
        type: 'object',
        required: ['after', 'to'],
        additionalProperties: false,
        properties: { after: duration, to: { ...people, minItems: 1 } },
        description: 'Who is asked too, once nobody has decided for a while.',
      },
      onDeadline: {
        anyOf: [
          { enum: ['fail', 'reject'] },
          { type: 'object', required: ['value'], additionalProperties: false, properties: { value: true } },
        ],
        description:
          'What the deadline means: the step fails, it is rejected, or it is approved with this value as its data. Default: fail.',
      },
    },
  },
  output: outputWith(true),
  guarantee: () => 'pure',
  declarable: [],
  target: () => 'ask',
  concurrency: 1,
  timeoutMs: 0,
};

/** Whether a value holds no expression. */
export function isConstant(value: Json): boolean {
  if (typeof value === 'string') return scanText(value).kind === 'literal';
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every((one) => isConstant(one as Json));
}

/** Whether a `call` asks a person: unless the flow has a function of that name. */
export function isAsk(document: JsonObject, called: unknown): boolean {
  if (typeof called !== 'string') return false;
  const functions = member(document['use'], 'functions');
  if (isObject(functions) && Object.hasOwn(functions, called)) return false;
  const parts = catalogFunction(called);
  return parts?.name === askAction.name && parts.catalog === 'default';
}
