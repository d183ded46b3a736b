import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Scalar } from 'yaml';
import type { ExpressionText } from './expression-text.ts';
import type { YamlNode } from './yaml-json.ts';

/** A place in a text, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Where a JSON pointer stands in the source: at the key of a member, at the item of a list; for what is missing, at
 * what would hold it. With `within`, where that part of the text stands, as well as can be told.
 */
export type Positions = (pointer: string, within?: ExpressionText) => Position;

/** The positions of a parsed document. */
export function positionsOf(
  root: YamlNode,
  aliases: ReadonlyMap<Alias, YamlNode>,
  text: string,
  at: (offset: number) => Position,
): Positions {
  return (pointer, within) => {
    const { node, offset } = find(root, aliases, pointer);
    const inner = within === undefined || !isScalar(node) ? undefined : offsetWithin(node, text, within);
    return at(inner ?? offset);
  };
}

/** The node that a pointer names and the offset to show, or those of the nearest ancestor that exists. */
function find(
  root: YamlNode,
  aliases: ReadonlyMap<Alias, YamlNode>,
  pointer: string,
): { node: unknown; offset: number } {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && nameOf(key) === name);
      if (pair === undefined) break;
      offset = (pair.key as Scalar).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && node.items[Number(name)] !== undefined) {
      node = node.items[Number(name)];
      offset = (node as YamlNode).range?.[0] ?? offset;
    } else {
      break;
    }
    if (isAlias(node)) node = aliases.get(node);
  }
  return { node, offset };
}

function nameOf(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/**
 * Offset in the source of a part of a scalar. Exact where the text stands in the source as it is (no escapes, no
 * folding) and for literal blocks line by line; elsewhere the beginning of the scalar is close enough.
 */
function offsetWithin(node: Scalar, text: string, part: ExpressionText): number | undefined {
  const [start, end] = node.range ?? [0, 0];
  const value = String(node.value);
  if (node.type === 'BLOCK_LITERAL') return offsetInBlock(text, start, value, part.offset);
  const raw = text.slice(start, end);
  const within = raw.indexOf(value);
  return within < 0 ? start : start + within + part.offset;
}

function offsetInBlock(text: string, start: number, value: string, offset: number): number | undefined {
  const before = value.slice(0, offset).split('\n');
  let line = text.indexOf('\n', start) + 1;
  for (let skipped = 1; skipped < before.length && line > 0; skipped++) line = text.indexOf('\n', line) + 1;
  const first = value.split('\n')[before.length - 1] ?? '';
  const end = text.indexOf('\n', line);
  const indent = text.slice(line, end < 0 ? text.length : end).indexOf(first);
  return line === 0 || indent < 0 ? undefined : line + indent + (before.at(-1) ?? '').length;
}
