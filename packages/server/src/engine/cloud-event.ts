import type { Json, JsonObject } from '@pawl/core';
import { isObject } from '@pawl/core';

/** What is wrong with an event that was sent. */
export interface EventProblem {
  /** The attribute it is about; '' for the event as a whole. */
  readonly attribute: string;
  readonly message: string;
}

/** Attributes that an event must have. */
const required = ['id', 'source', 'type'] as const;
/** Attributes that are texts, and never empty. */
const texts = new Set([...required, 'specversion', 'subject', 'time', 'datacontenttype', 'dataschema']);
/** Characters of a context attribute, and of its name. */
const longestAttribute = 4_096;
const longestName = 100;
const largestInteger = 2_147_483_647;

/**
 * Reads a CloudEvent 1.0 in its JSON form. Attributes that are null are left out, as if they were not there. What is
 * wrong is all said at once.
 */
export function readCloudEvent(value: Json): { readonly event: JsonObject } | { readonly problems: EventProblem[] } {
  if (!isObject(value)) return { problems: [{ attribute: '', message: 'is no JSON object' }] };
  const members = Object.entries(value).filter(([name, member]) => member !== null || name === 'data');
  const event = Object.fromEntries(members);
  const problems = [
    ...versionProblems(event),
    ...missing(event),
    ...members.flatMap(([name, member]) => wrong(name, member)),
  ];
  if (event['data'] !== undefined && event['data_base64'] !== undefined)
    problems.push({ attribute: 'data_base64', message: 'cannot stand beside `data`' });
  return problems.length > 0 ? { problems } : { event };
}

function versionProblems({ specversion }: JsonObject): EventProblem[] {
  if (specversion === '1.0') return [];
  const message = specversion === undefined ? 'is missing; it must be "1.0"' : 'must be "1.0"';
  return [{ attribute: 'specversion', message }];
}

function missing(event: JsonObject): EventProblem[] {
  return required
    .filter((name) => event[name] === undefined)
    .map((attribute) => ({ attribute, message: 'is missing' }));
}

function wrong(name: string, value: Json): EventProblem[] {
  if (name === 'data' || name === 'specversion') return [];
  const message = name === 'data_base64' ? wrongBytes(value) : (wrongName(name) ?? wrongValue(name, value));
  return message === undefined ? [] : [{ attribute: name.slice(0, longestName), message }];
}

function wrongBytes(value: Json): string | undefined {
  const isBase64 = typeof value === 'string' && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
  return isBase64 ? undefined : 'is no Base64 text';
}

function wrongName(name: string): string | undefined {
  if (/^[a-z0-9]+$/.test(name) && name.length <= longestName) return undefined;
  return `is no name of an attribute: at most ${longestName} lower-case letters and digits`;
}

function wrongValue(name: string, value: Json): string | undefined {
  if (typeof value === 'string') return wrongText(name, value);
  if (texts.has(name)) return 'must be a text';
  const isWhole = Number.isInteger(value) && Math.abs(Number(value)) <= largestInteger;
  return typeof value === 'boolean' || isWhole ? undefined : 'must be a text, a boolean or a whole number of 32 bits';
}

function wrongText(name: string, value: string): string | undefined {
  if (value === '' && texts.has(name)) return 'must not be empty';
  if (value.length > longestAttribute) return `has more than ${longestAttribute} characters`;
  if (/[\p{Cc}\p{Cs}]/u.test(value)) return 'has control characters, or half of a surrogate pair';
  if (name === 'time' && !isTime(value)) return 'is no date and time of RFC 3339, such as 2026-11-24T09:30:00Z';
  return undefined;
}

function isTime(text: string): boolean {
  const shape = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
  return shape.test(text) && !Number.isNaN(Date.parse(text));
}
