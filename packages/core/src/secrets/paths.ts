import type { Node } from '@pawl/jq';
import { DEFAULT_LIMITS, parse } from '@pawl/jq';

/** A secret by its name, and the members that lead into its value where that is an object. */
export type SecretPath = readonly [name: string, ...members: string[]];

/** How a program uses `$secrets`. Offsets are those of its source (UTF-16). */
export interface SecretUse {
  /** The secrets that it names, each once. */
  readonly paths: readonly SecretPath[];
  /** Where it uses `$secrets` without naming one; undefined where every use names its secret. */
  readonly unnamed: number | undefined;
  /** Where it works on a secret instead of passing it on. */
  readonly worked: number | undefined;
}

/**
 * How a jq program that compiles uses `$secrets`. A program has no value of a secret, only what stands for it, so it can
 * do no more than pass it on: alone, within a text, joined to one by `+`, or in an object or an array that it makes.
 */
export function secretUseOf(source: string): SecretUse {
  const paths = new Map<string, SecretPath>();
  const use: { unnamed: number | undefined; worked: number | undefined } = { unnamed: undefined, worked: undefined };
  const visit = (node: Node, passes: boolean): void => {
    const path = pathOf(node);
    if (path !== undefined) paths.set(JSON.stringify(path), path);
    else if (isSecrets(node)) use.unnamed ??= node.at;
    if (path !== undefined && !passes) use.worked ??= node.at;
    if (path !== undefined || node.type === 'literal') return;
    const through = passes ? passedOn(node) : [];
    for (const part of partsOf(node)) visit(part, through.includes(part));
  };
  visit(parse(source, DEFAULT_LIMITS), true);
  return { paths: [...paths.values()], ...use };
}

/** `$secrets.NAME` and `$secrets.NAME.member`, in any spelling with constant names. */
function pathOf(node: Node): SecretPath | undefined {
  const members: string[] = [];
  let at = node;
  while (at.type === 'index' && at.key.type === 'literal' && typeof at.key.value === 'string') {
    members.unshift(at.key.value);
    at = at.target;
  }
  const [name, ...rest] = members;
  return name === undefined || !isSecrets(at) ? undefined : [name, ...rest];
}

function isSecrets(node: Node): boolean {
  return node.type === 'variable' && node.name === 'secrets';
}

/** The parts whose values become part of a node's value as they are. */
function passedOn(node: Node): readonly Node[] {
  switch (node.type) {
    case 'string':
      return node.format === undefined ? node.parts.filter((part) => typeof part !== 'string') : [];
    case 'array':
      return node.body === undefined ? [] : [node.body];
    case 'object':
      return node.entries.map(({ value }) => value);
    case 'binary':
      return node.operator === '+' ? [node.left, node.right] : [];
    case 'comma':
      return node.parts;
    case 'pipe':
      return node.parts.slice(-1);
    case 'if':
      return [...node.branches.map(({ then }) => then), ...(node.otherwise === undefined ? [] : [node.otherwise])];
    case 'bind':
      return [node.body];
    default:
      return [];
  }
}

/** The nodes within a node, through its branches, entries, patterns and definitions. */
function partsOf(value: object): Node[] {
  return Object.values(value).flatMap((part: unknown) => {
    if (typeof part !== 'object' || part === null) return [];
    return isNode(part) ? [part] : partsOf(part);
  });
}

function isNode(part: object): part is Node {
  return 'type' in part && 'at' in part;
}
