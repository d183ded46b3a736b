import { compile, JqError, JqLimitError, JqSyntaxError, parse } from '@pawl/jq';
import type { Json, Program } from '@pawl/jq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { infer } from './infer.ts';
import type { Inferring } from './inferring.ts';
import { joined } from './shape.ts';
import type { Shape } from './shape.ts';
import { holds } from './holds.testsuite.ts';
import { shapeOfValue } from './value-shape.ts';

const runs = Number(process.env['PAWL_RUNS'] ?? 1_500);

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, false, 0, 1, 2.5, '', 'a', 'text'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

const words = (text: string): string[] => text.split(' ');
const plain = [
  ...words('. .a .b .a.b .[0] .["c"] .a[]? .[]? .a? .. $v $v.a 1 "t" null {} [] length keys type tostring empty not'),
  ...words('add reverse sort to_entries values first last min any now has("a") @json'),
];

/** Programs in which every construct meets every other one. */
const programs = fc.letrec<{ p: string }>((tie) => {
  const p = tie('p');
  const made = (form: string): fc.Arbitrary<string> =>
    fc.tuple(p, p, p).map(([x, y, z]) =>
      form
        .replace('X', () => x)
        .replace('Y', () => y)
        .replace('Z', () => z),
    );
  return {
    p: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 6, arbitrary: fc.constantFrom(...plain) },
      ...[
        ...[
          '(X | Y)',
          '(X, Y)',
          '(X).a',
          '(X)[]',
          '(X)[0]',
          '(X)[(Y)]',
          '(X)[1:]',
          '{a: (X), b: (Y)}',
          '{(X): 1, a: (Y)}',
        ],
        ...[
          '[X]',
          '((X) + (Y))',
          '((X) - (Y))',
          '((X) * (Y))',
          '((X) / (Y))',
          '((X) // (Y))',
          '((X) == (Y))',
          '(-(X))',
        ],
        ...['((X) and (Y))', 'if (X) then (Y) else (Z) end', 'if (X) then (Y) end', '(try (X) catch (Y))', '(X)?'],
        ...['((X) as $v | Y)', '((X) as [$v] | Y)', '((X) as {a: $v} | Y)', 'reduce (X) as $v (Y; Z)', '(.a = (X))'],
        ...[
          '(.a |= (X))',
          '(.a += (X))',
          '(.a.b = (X))',
          '"s\\(X)"',
          'map(X)',
          'select(X)',
          'sort_by(X)',
          'group_by(X)',
        ],
        ...['first(X)', 'limit(1; X)', 'min_by(X)', 'any(X)', 'join(X)', 'split(X)', 'range(X)', '(def f: X; f | Y)'],
        ...['(label $out | X, break $out)', 'with_entries(X)', 'del(.a)', 'test(X)', 'foreach (X) as $v (Y; Z)'],
      ].map((form) => ({ weight: 1, arbitrary: made(form) })),
    ),
  };
}).p;

/** What is inferred of a program, and what is told of it. */
function inferred(program: string, dot: Shape, v: Shape): { shape: Shape; fails: readonly string[] } {
  const fails: string[] = [];
  const c: Inferring = {
    variables: new Map([['v', v]]),
    defined: new Set(),
    guarded: false,
    certain: true,
    origin: 'here',
    tell: { unknownField: () => {}, asked: () => {}, fails: (_, why) => fails.push(why) },
    infer,
  };
  return { shape: infer(parse(program), dot, c), fails };
}

/** Some programs are refused, such as one with an array as the key of an object. */
function readable(program: string): Program | undefined {
  try {
    return compile(program, { variables: ['v'], limits: { steps: 10_000 } });
  } catch (error) {
    if (error instanceof JqSyntaxError) return undefined;
    throw error;
  }
}

describe('what is inferred of a program', () => {
  it('holds of all that it gives, and what is said to fail does', () => {
    let exact = 0;
    let failing = 0;
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 3 }), json, programs, (inputs, v, program) => {
        const compiled = readable(program);
        if (compiled === undefined) return;
        const dot = joined(...inputs.map((input) => shapeOfValue(input, 'the input')));
        const { shape, fails } = inferred(program, dot, shapeOfValue(v, 'the variable'));
        if (shape.kind !== 'any') exact++;
        failing += fails.length;
        for (const input of inputs) {
          const outputs: Json[] = [];
          let failed = false;
          try {
            const emit = (output: Json): unknown => outputs.push(output);
            compiled.each(input, { variables: { v }, now: () => 0 }, emit);
          } catch (error) {
            if (!(error instanceof JqError) && !(error instanceof JqLimitError)) throw error;
            failed = true;
          }
          for (const output of outputs) expect(holds(shape, output), JSON.stringify({ output, shape })).toBe(true);
          if (fails.length > 0) expect(failed, fails.join()).toBe(true);
        }
      }),
      { numRuns: runs },
    );
    expect(exact).toBeGreaterThan(runs / 10);
    expect(failing).toBeGreaterThan(0);
  });
});
