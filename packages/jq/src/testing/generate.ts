import type { Random } from './random.ts';
import { FORMS, type Kind, LITERALS, READS, STREAMS } from './templates.ts';

const KINDS: readonly Kind[] = ['N', 'S', 'B', 'A', 'T', 'R', 'O', 'J'];
const NAMES = ['x', 'y', 'z'];
/** How often an expression is of another kind than asked for, so that errors are met too. */
const WRONG_KIND = 0.04;
const HOLE = /<(\*?)([NSBATROJ])(?:@([NSBATROJ]))?>|\$=([NSBATROJ])|\$(?![a-z_])|[|;]/g;

interface Variable {
  readonly name: string;
  readonly kind: Kind;
}

/** A random input as JSON text, and its kind. */
export function generateInput(random: Random): { readonly kind: Kind; readonly text: string } {
  const kind = random.pick(KINDS);
  const text = random.pick(LITERALS[kind]);
  return { kind, text: /nan|inf/.test(text) ? 'null' : text };
}

/** A random program for an input of a kind. `depth` is how many forms are put into each other. */
export function generateProgram(random: Random, input: Kind, depth: number): string {
  return expression(random, random.pick(KINDS), input, depth, []);
}

function expression(random: Random, kind: Kind, input: Kind, depth: number, scope: readonly Variable[]): string {
  const want = random.chance(WRONG_KIND) ? random.pick(KINDS) : kind;
  if (depth > 0 && random.chance(0.85)) return `(${fill(random, random.pick(FORMS[want]), input, depth, scope)})`;
  const fitting = scope.filter((variable) => variable.kind === want || want === 'J');
  if (fitting.length > 0 && random.chance(0.5)) return `$${random.pick(fitting).name}`;
  const reads = READS[input][want];
  if (reads !== undefined && random.chance(0.75)) return `(${random.pick(reads)})`;
  return random.pick(LITERALS[want]);
}

function stream(random: Random, kind: Kind, input: Kind, depth: number, scope: readonly Variable[]): string {
  if (depth <= 0) return expression(random, kind, input, 0, scope);
  return `(${fill(random, random.pick(STREAMS[kind]), input, depth, scope)})`;
}

/** A template with its holes filled. A variable is in scope after the `|` or `;` that follows it. */
function fill(random: Random, template: string, input: Kind, depth: number, scope: readonly Variable[]): string {
  const leading = /^<([NSBATROJ])>\|/.exec(template)?.[1] as Kind | undefined;
  const isDefinition = template.startsWith('def ');
  let have = input;
  let visible = scope;
  let declared: Variable[] = [];
  let name = 'x';
  let pipes = 0;
  return template.replace(HOLE, (whole, star: string, want?: Kind, at?: Kind, bound?: Kind) => {
    if (want !== undefined) {
      const make = star === '*' ? stream : expression;
      return make(random, want, at ?? have, depth - 1, visible);
    }
    if (bound !== undefined) {
      name = random.pick(NAMES);
      if (!isDefinition) declared = [...declared, { name, kind: bound }];
      return `$${name}`;
    }
    if (whole === '$') return `$${name}`;
    visible = [...visible, ...declared];
    declared = [];
    if (whole === '|' && ++pipes === 1 && leading !== undefined) have = leading;
    return whole;
  });
}
