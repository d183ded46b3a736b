import type { Json, JsonObject } from '@pawl/core';
import { plain } from '../output.ts';

/** A value of an answer as text for a table cell. */
export function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return plain(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A time as people read it, in this machine's zone. */
export function time(value: Json | undefined): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? String(value) : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** `namespace/name version`. */
export function flowName(flow: Json | undefined): string {
  const { namespace, name, version } = (flow ?? {}) as JsonObject;
  return `${cell(namespace)}/${cell(name)} ${cell(version)}`;
}

/** Status of a run, and what it waits for. */
export function statusText({ status, waitingFor }: JsonObject): string {
  return waitingFor === undefined || waitingFor === null ? cell(status) : `${cell(status)} (${cell(waitingFor)})`;
}
