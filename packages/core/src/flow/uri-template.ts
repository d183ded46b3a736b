import { isObject } from '../json.ts';
import type { Json } from '../json.ts';

/** An expanded URI, or why it could not be made (a sentence for an `expression` error). */
export type Expanded = { readonly ok: true; readonly uri: string } | { readonly ok: false; readonly detail: string };

const placeholder = /\{([^{}]*)\}/g;
/** What begins or follows a name in the forms of RFC 6570 that the language does not use. */
const operator = /^[+#./;?&=,!@|]|[,:*]/;

/**
 * Expands a URI template (RFC 6570, simple expansion): `{name}` is the member `name` of the input, whose name is taken
 * as it stands (`{pet.id}` is the member "pet.id"), percent-encoded; what is missing or null leaves nothing.
 */
export function expandUri(template: string, input: Json): Expanded {
  let refused: string | undefined;
  const uri = template.replace(placeholder, (_, name: string) => {
    const value = isObject(input) && Object.hasOwn(input, name) ? input[name] : undefined;
    if (operator.test(name))
      refused ??= `{${name}} in the address is a form that flows do not have: only {name} is filled in.`;
    if (typeof value === 'object' && value !== null) {
      refused ??= `{${name}} in the address is ${Array.isArray(value) ? 'a list' : 'an object'}: only a text, a number or true and false can be part of an address.`;
    }
    return value === undefined || value === null || typeof value === 'object' ? '' : encode(String(value));
  });
  return refused === undefined ? { ok: true, uri } : { ok: false, detail: refused };
}

/** Names of a template, and those of forms that are not filled in. */
export function templateNames(template: string): {
  readonly names: readonly string[];
  readonly refused: readonly string[];
} {
  const names = [...template.matchAll(placeholder)].map((match) => match[1] ?? '');
  return { names: names.filter((name) => !operator.test(name)), refused: names.filter((name) => operator.test(name)) };
}

function encode(text: string): string {
  const escape = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, escape);
}
