import type { Json, JsonObject } from '@pawl/core';
import { isObject } from '@pawl/core';
import { formsOf, shortestSecret } from './forms.ts';

/** A value that no text may show, and what is shown in its place. */
export interface Hidden {
  readonly name: string;
  readonly value: Json;
}

/** Takes secrets out of texts and values, in every form of `formsOf`; `«secret NAME»` takes their places. */
export class Redactor {
  readonly #names = new Map<string, string>();
  #pattern: RegExp | undefined;
  #shortest = Infinity;

  constructor(hidden: readonly Hidden[] = []) {
    for (const { name, value } of hidden) this.hide(name, value);
  }

  /** Takes this value out from now on. The oldest are forgotten beyond `mostForms`. */
  hide(name: string, value: Json): void {
    for (const text of secretTextsOf(value)) {
      if (this.#names.has(text)) continue;
      for (const form of formsOf(text)) {
        this.#names.set(form, `«secret ${name}»`);
        this.#shortest = Math.min(this.#shortest, form.length);
      }
    }
    this.#pattern = undefined;
    while (this.#names.size > mostForms) this.#names.delete(this.#names.keys().next().value ?? '');
  }

  /** The text without secrets. */
  text(text: string): string {
    if (text.length < this.#shortest) return text;
    return text.replace(this.#compiled(), (form) => this.#names.get(form) ?? '«secret»');
  }

  /** A text for people, from which pieces may have been cut (`…`): what a cut has left of a secret is taken out too. */
  excerpt(text: string): string {
    const parts = this.text(text).split('…');
    return parts.map((part) => this.#withoutRests(part)).join('…');
  }

  #withoutRests(part: string): string {
    let clean = part;
    for (const form of this.#names.keys()) {
      for (let length = Math.min(form.length - 1, clean.length); length >= shortestSecret; length--) {
        if (clean.endsWith(form.slice(0, length))) clean = `${clean.slice(0, -length)}«secret»`;
        if (clean.startsWith(form.slice(-length))) clean = `«secret»${clean.slice(length)}`;
      }
    }
    return clean;
  }

  /** Whether a text shows one. */
  finds(text: string): boolean {
    return text.length >= this.#shortest && text.search(this.#compiled()) >= 0;
  }

  /** The value without secrets, the names of members included; the very same where there are none. */
  json(value: Json): Json {
    if (this.#names.size === 0) return value;
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return this.#list(value as readonly Json[]);
    return isObject(value) ? this.#object(value) : value;
  }

  #list(items: readonly Json[]): Json {
    const clean = items.map((item) => this.json(item));
    return clean.every((item, i) => item === items[i]) ? items : clean;
  }

  #object(value: JsonObject): JsonObject {
    let same = true;
    const members = Object.entries(value).map(([name, member]) => {
      const clean = [this.text(name), this.json(member)] as const;
      same &&= clean[0] === name && clean[1] === member;
      return clean;
    });
    return same ? value : Object.fromEntries(members);
  }

  /** One pattern of all forms, the longest first: a form may be part of another. */
  #compiled(): RegExp {
    this.#pattern ??= new RegExp(
      [...this.#names.keys()]
        .sort((a, b) => b.length - a.length)
        .map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
        .join('|'),
      'g',
    );
    return this.#pattern;
  }
}

/** Forms that one redactor looks for. */
const mostForms = 20_000;

/** Members of an authentication policy that are no secrets, and would be missed in every error that names them. */
const plainMembers: ReadonlySet<string> = new Set([
  ...[
    'username',
    'authority',
    'grant',
    'scopes',
    'audiences',
    'issuers',
    'endpoints',
    'authentication',
    'request',
    'id',
  ],
]);

/** The texts of a value that must not be shown: of an object all but what is known to be plain. */
export function secretTextsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return value.length >= shortestSecret ? [value] : [];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(secretTextsOf);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (plainMembers.has(name) ? [] : secretTextsOf(member)));
}
