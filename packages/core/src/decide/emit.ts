import type { Json, JsonObject } from '../json.ts';
import { canonicalJson } from '../json.ts';
import { evaluateTemplate } from '../program/expression.ts';
import { fault, FlowFault, shown } from '../program/fault.ts';
import type { EmitBody, TaskCommon } from '../program/nodes.ts';
import type { Frame } from '../state/state.ts';
import { useTried } from './call.ts';
import type { Machine } from './machine.ts';
import { placeOf } from './place.ts';
import type { Scope } from './scope.ts';

type EmitNode = TaskCommon & EmitBody;

/** Publishes an event: it is part of the commit that holds the step, so it is published once, or not at all. */
export function emitEvent(m: Machine, frame: Frame, node: EmitNode, scope: Scope): void {
  try {
    const given = attributesOf(evaluateTemplate(node.event, scope.input, scope));
    const hash = m.env.hash.sha256(canonicalJson(given));
    const { key, met, remembered } = placeOf(m, frame, node, hash);
    if (met !== undefined) return useTried(m, frame, met);
    const event = m.keep(cloudEvent(m, given, key), 'The event');
    const tried = remembered.place === undefined ? {} : { ...remembered, hash };
    m.emit({ type: 'event.emitted', at: m.at, f: frame.id, event, ...tried });
    m.complete(frame, event);
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.raise(frame, error.error);
  }
}

/** The attributes that are there, each of a type that CloudEvents know. */
function attributesOf(given: Json): JsonObject {
  const members = Object.entries(given as JsonObject).filter(([name, value]) => value !== null || name === 'data');
  for (const [name, value] of members) if (name !== 'data') checkAttribute(name, value);
  return Object.fromEntries(members);
}

function checkAttribute(name: string, value: Json): void {
  if (!/^[a-z0-9]+$/.test(name) && name !== 'data_base64')
    throw fault(
      'validation',
      `\`${name}\` cannot be an attribute of an event: names are lower-case letters and digits.`,
    );
  const text = texts.includes(name);
  if (
    typeof value === 'string' ? value !== '' || !text : !text && (typeof value === 'boolean' || Number.isInteger(value))
  )
    return;
  throw fault(
    'validation',
    text
      ? `\`${name}\` of an event must be a text that is not empty, but is ${shown(value)}.`
      : `\`${name}\` of an event must be a text, a whole number or a boolean, but is ${shown(value)}.`,
  );
}

/** Attributes that are texts and never empty. */
const texts = [
  'id',
  'source',
  'type',
  'specversion',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data_base64',
];

function cloudEvent(m: Machine, given: JsonObject, key: string): JsonObject {
  const { namespace, name, version } = m.flow;
  const event: JsonObject = {
    specversion: '1.0',
    id: key,
    source: `/${namespace}/${name}/${version}`,
    time: new Date(m.at).toISOString(),
    ...given,
  };
  if (event['type'] === undefined) throw fault('validation', 'The event has no `type`.');
  if (!rfc3339.test(String(event['time'])) || Number.isNaN(Date.parse(String(event['time']))))
    throw fault(
      'validation',
      `\`time\` of an event must be a date and time of RFC 3339, but is ${shown(event['time'] ?? null)}.`,
    );
  return event;
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
