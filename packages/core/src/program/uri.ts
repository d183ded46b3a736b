import { expandUri } from '../flow/uri-template.ts';
import type { Json } from '../json.ts';
import { fault } from './fault.ts';

/** Expands a URI template over a step's input; what cannot be part of an address is an `expression` error. */
export function expandUriTemplate(template: string, input: Json): string {
  const expanded = expandUri(template, input);
  if (expanded.ok) return expanded.uri;
  throw fault('expression', expanded.detail);
}
