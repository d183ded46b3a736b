import type { Json } from '../json.ts';
import { isObject } from '../json.ts';
import type { SecretPath } from './paths.ts';

/**
 * What stands for a secret while arguments are evaluated, hashed and kept: a text made of its name. Its value is put in
 * its place by the actions, at the send. Marks begin and end with noncharacters of Unicode, which no text in use holds;
 * that a text in the data looks like one changes nothing, as `reconcile` shows. The first form is part of the hash that
 * freezes a request, and so never changes.
 */
export type MarkForm = 'first' | 'second';

/**
 * The mark of a secret. The two forms differ at every place and in length, and every encoder changes one of the
 * characters after the first: what became of a mark that was not passed on whole is told by comparing the two.
 */
export function markOf(path: SecretPath, form: MarkForm): string {
  const text = path.join(separator);
  if (form === 'first') return `\ufdd0&"'<${text}\ufdd1`;
  const other = Array.from(text, (char) => String.fromCodePoint(otherAlphabet + (char.codePointAt(0) ?? 0))).join('');
  return `\ufdd3<'&"${other}\ufdd4${other}\ufdd5`;
}

/** Whether the name of a secret or of a member can stand in a mark: printable ASCII. */
export function isMarkable(name: string): boolean {
  return /^[\x20-\x7e]+$/.test(name);
}

/** The paths of all marks (of the first form) in a value. */
export function marksIn(value: Json): readonly SecretPath[] {
  const found = new Map<string, SecretPath>();
  eachText(value, (text) => {
    for (const [, path] of text.matchAll(firstMark)) if (path !== undefined) found.set(path, pathOf(path));
  });
  return [...found.values()];
}

/**
 * A value with the secrets' values in the places of their marks. Where a mark is all of a text, the value takes its
 * place as it is; within a text only a string, a number or a truth value can. `valueOf` may throw.
 */
export function fillMarks(value: Json, valueOf: (path: SecretPath, whole: boolean) => Json): Json {
  if (typeof value === 'string') return fillText(value, valueOf);
  if (Array.isArray(value)) return value.map((item: Json) => fillMarks(item, valueOf));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillMarks(member, valueOf)]));
}

/** A text for people, with names in the places of marks, whole or broken. */
export function showMarks(text: string): string {
  return text
    .replace(secondMark, (_, other: string) => markOf(pathOf(fromOther(other)), 'first'))
    .replace(firstMark, (_, path: string) => `«secret ${path.replaceAll(separator, '.')}»`)
    .replace(/[\ufdd0-\ufdd5][^\ufdd0-\ufdd5]*(?:[\ufdd0-\ufdd5]|$)/g, '«secret»');
}

/** What is wrong with two evaluations of the same arguments, each with marks of another form; undefined if nothing is. */
export function reconcile(first: Json, second: Json): 'touched' | 'forged' | undefined {
  if (typeof first === 'string' && typeof second === 'string') return reconcileTexts(first, second);
  if (Array.isArray(first) && Array.isArray(second)) {
    if (first.length !== second.length) return 'touched';
    return firstOf(first, (item: Json, i) => reconcile(item, second[i] as Json));
  }
  if (isObject(first) && isObject(second)) {
    const names = Object.keys(first);
    const others = Object.keys(second);
    if (names.length !== others.length || names.some((name, i) => name !== others[i])) return 'touched';
    if (names.some((name) => sentinel.test(name))) return 'forged';
    return firstOf(names, (name) => reconcile(first[name] as Json, second[name] as Json));
  }
  return first === second ? undefined : 'touched';
}

const separator = '\ufdd2';
const firstMark = /\ufdd0&"'<([\x20-\x7e\ufdd2]+)\ufdd1/g;
const secondMark = /\ufdd3<'&"([^\ufdd0-\ufdd5]+)\ufdd4\1\ufdd5/g;
const sentinel = /[\ufdd0-\ufdd5]/;
/** Where the second form's alphabet begins: ASCII is moved into the private use area. */
const otherAlphabet = 0xe000;

/**
 * A mark of the program's own changes its form with the evaluation; what looks like one in the data does not. So the
 * second evaluation must hold none of the first form, and be the first one once its marks are put into that form.
 */
function reconcileTexts(first: string, second: string): 'touched' | 'forged' | undefined {
  if (!sentinel.test(first) && !sentinel.test(second)) return first === second ? undefined : 'touched';
  if (/[\ufdd0\ufdd1]/.test(second) || /[\ufdd3-\ufdd5]/.test(first)) return 'forged';
  const back = second.replace(secondMark, (_, other: string) => markOf(pathOf(fromOther(other)), 'first'));
  if (back !== first) return 'touched';
  return sentinel.test(first.replace(firstMark, '')) ? 'touched' : undefined;
}

function fromOther(text: string): string {
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return String.fromCodePoint(code >= otherAlphabet ? code - otherAlphabet : code);
  }).join('');
}

function pathOf(text: string): SecretPath {
  const [name = '', ...members] = text.split(separator);
  return [name, ...members];
}

function fillText(text: string, valueOf: (path: SecretPath, whole: boolean) => Json): Json {
  const [only] = text.matchAll(firstMark);
  if (only !== undefined && only[0].length === text.length) return valueOf(pathOf(only[1] ?? ''), true);
  return text.replace(firstMark, (_, path: string) => {
    const value = valueOf(pathOf(path), false);
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function eachText(value: Json, tell: (text: string) => void): void {
  if (typeof value === 'string') tell(value);
  else if (typeof value === 'object' && value !== null)
    for (const member of Object.values(value)) eachText(member as Json, tell);
}

function firstOf<T, R>(items: readonly T[], judge: (item: T, i: number) => R | undefined): R | undefined {
  for (const [i, item] of items.entries()) {
    const found = judge(item, i);
    if (found !== undefined) return found;
  }
  return undefined;
}
