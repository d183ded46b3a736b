import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { scanText } from './expression-text.ts';
import { checkProgram } from './lint/jq.ts';
import { sitesOf } from './lint/sites.ts';
import { textsOf } from './lint/texts.ts';
import type { TextSite } from './lint/texts.ts';
import { placeVariables } from './scope.ts';

/** Whether a document asks that every text be tried as an expression (`evaluate.mode: loose`). */
export function isLoose(document: JsonObject): boolean {
  const { evaluate } = document;
  return isObject(evaluate) && evaluate['mode'] === 'loose';
}

/**
 * A document of the loose mode, said in the strict one: each text that can be read as jq becomes an expression that falls
 * back to the text itself where it fails, or gives several values. So nothing else has to know of the mode.
 */
export function strictly(document: JsonObject): JsonObject {
  const copy = JSON.parse(JSON.stringify(document)) as JsonObject;
  for (const site of textsOf(document, sitesOf(document))) if (isTried(site)) put(copy, site.path, tried(site.text));
  return copy;
}

/** Whether a text is tried as an expression in loose mode: it is one for jq, and not marked as one already. */
export function isTried({ form, text, place, names }: TextSite): boolean {
  if (form !== 'value' || text.trim() === '' || scanText(text).kind !== 'literal') return false;
  return checkProgram(text, [...placeVariables[place], ...names]).ok;
}

/** The line break ends a comment that the text may end with. */
function tried(text: string): string {
  // A secret is only passed on, and nothing is sent as its bare name: such a text is an expression, or wrong.
  if (text.includes('$secrets')) return `\${ ${text}\n }`;
  return `\${ try ([${text}\n] | if length > 1 then error else .[0] end) catch ${JSON.stringify(text)} }`;
}

function put(document: JsonObject, pointer: string, value: Json): void {
  const names = pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = names.pop() ?? '';
  let owner: Json = document;
  for (const name of names) owner = (owner as { readonly [name: string]: Json })[name] ?? null;
  (owner as { [name: string]: Json })[last] = value;
}
