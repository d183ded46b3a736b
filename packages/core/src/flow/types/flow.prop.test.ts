import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compiled, play } from '../../decide/play.fixture.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { RunEvent } from '../../state/events.ts';
import { checkFlow } from '../check.ts';
import { catalog, hash } from '../lint/lint.testsuite.ts';
import { sitesOf } from '../lint/sites.ts';
import { walkFlow } from './flow.ts';
import { holds } from './holds.testsuite.ts';
import { walkTask } from './tasks.ts';
import type { State } from './walk.ts';
import { joinedStates } from './walk.ts';

const runs = Number(process.env['PAWL_RUNS'] ?? 300);

const program = fc.constantFrom(
  ...[
    '.',
    '.n?',
    '{n: 1}',
    '{n: ((.n? | numbers) // 0) + 1}',
    '{keep: .}',
    '[.]',
    '$context',
    '$input',
    '$workflow.input',
  ],
  ...[
    'if .n? then {m: .n} else {o: 1} end',
    '(objects + {p: 1}) // {q: 2}',
    '[.[]?]',
    '.keep.n',
    '{x: $context, y: .}',
  ],
  ...['try .m catch "none"', '$task.input', 'error("no")', 'empty', '[$workflow.input, .]', '. as {n: $v} | {v: $v}'],
);
const wrapped = program.map((text) => `\${ ${text} }`);
const then = fc.constantFrom('continue', 'exit', 'end', 'next', 'back');
const error = { type: 'https://a.b/c', status: 400, title: 'Wrong' };

/** What a task may have beside its body. */
const common = fc.record(
  {
    if: fc.constantFrom('.n? == 1', 'true', 'false'),
    input: fc.record({ from: fc.constantFrom('.', '{n: 1}', '.n?', '{c: $context}', '$task.input') }),
    output: fc.record({ as: fc.oneof(program, fc.record({ out: wrapped, n: fc.constant(3) })) }),
    export: fc.record({ as: fc.oneof(program, fc.record({ n: wrapped })) }),
    then,
  },
  { requiredKeys: [] },
);
const rarely = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 2, arbitrary: common });

const { list } = fc.letrec<{ list: JsonObject[]; body: JsonObject }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    {
      weight: 4,
      arbitrary: fc.record({ set: fc.oneof(wrapped, fc.record({ n: fc.oneof(wrapped, fc.constant(1)) })) }),
    },
    { weight: 1, arbitrary: fc.constant({ wait: 'PT1S' }) },
    { weight: 1, arbitrary: fc.constant({ raise: { error } }) },
    { weight: 1, arbitrary: wrapped.map((data) => ({ emit: { event: { with: { type: 'a', data } } } })) },
    { weight: 1, arbitrary: wrapped.map((n) => ({ call: 'f', with: { n } })) },
    { weight: 1, arbitrary: then.map((to) => ({ switch: [{ a: { when: '.n? == 1', then: to } }] })) },
    { weight: 1, arbitrary: fc.record({ do: tie('list') }) },
    {
      weight: 2,
      arbitrary: fc.record({ for: fc.record({ in: fc.constantFrom('[1, 2]', '[{k: 1}]', '[]') }), do: tie('list') }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.boolean(), tie('list'))
        .map(([compete, tasks]) => ({ fork: { compete, branches: tasks.map(staying) } })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(tie('list'), fc.option(tie('list'), { nil: undefined }), fc.option(then, { nil: undefined }))
        .map(([tasks, caught, to]) => ({
          try: tasks,
          catch: { ...(caught && { do: caught }), ...(to && { then: to }) },
        })),
    },
  ) as fc.Arbitrary<JsonObject>,
  list: fc.array(fc.tuple(tie('body'), rarely), { minLength: 1, maxLength: 4 }).map((tasks) =>
    tasks.map(([body, more], i) => {
      const text = JSON.stringify({ ...body, ...more });
      const names = { next: `t${tasks.length - 1}`, back: 't0' };
      return {
        [`t${i}`]: JSON.parse(
          text.replace(/"then":"(next|back)"/g, (_, to: 'next' | 'back') => `"then":"${names[to]}"`),
        ) as Json,
      };
    }),
  ),
}));

/** A branch can go to no other one. */
function staying(task: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(task).replace(/"then":"t\d"/g, '"then":"exit"')) as JsonObject;
}

const documents = fc.tuple(list, wrapped).map(([tasks, given]) => ({
  document: { dsl: '1.0.3', namespace: 'test', name: 'test', version: '1.0.0' },
  input: { schema: { document: { type: ['object', 'null'], properties: { n: { type: 'integer' } } } } },
  use: { functions: { f: { set: { got: given } } } },
  do: tasks,
}));

/** What is known of each task's end, by its path. */
function known(document: JsonObject): ReadonlyMap<string, State> {
  const ends = new Map<string, State>();
  walkFlow({ document, sites: sitesOf(document), catalog }, (walk, site, from, names) => {
    const end = walkTask(walk, site, from, names);
    const state = joinedStates(ends.get(site.path), end.state);
    if (state !== undefined) ends.set(site.path, state);
    return end;
  });
  return ends;
}

/** Each end of a task in a run: where, its output as far as it was new, and the context that it exported. */
function ended(events: readonly RunEvent[]): { path: string; out: Json | undefined; context: Json | undefined }[] {
  const paths = new Map<number, string>();
  return events.flatMap((event) => {
    if (event.type === 'task.started') paths.set(event.f, event.step);
    if (event.type !== 'task.completed') return [];
    // A step around the end of the run is ended with it, and gives nothing of its own.
    const inner = event.to !== -1;
    return inner ? [{ path: paths.get(event.f) ?? '', out: event.out, context: event.ctx }] : [];
  });
}

describe('what is known of a flow', () => {
  it('holds of each step that ends', () => {
    let seen = 0;
    fc.assert(
      fc.property(documents, fc.constantFrom<Json>(null, {}, { n: 1 }), (document, input) => {
        compiled(document);
        const ends = known(document);
        const { events } = play(JSON.stringify(document), { input, limits: { pureTasks: 300 }, until: 5_000 });
        for (const { path, out, context } of ended(events)) {
          const state = ends.get(path);
          expect(state, `${path} is not known to end`).toBeDefined();
          if (state === undefined) continue;
          seen++;
          if (out !== undefined)
            expect(
              holds(state.value, out),
              `${path} gives ${JSON.stringify(out)}\n${JSON.stringify(state.value)}`,
            ).toBe(true);
          if (context !== undefined)
            expect(holds(state.context, context), `${path} exports ${JSON.stringify(context)}`).toBe(true);
        }
      }),
      { numRuns: runs },
    );
    expect(seen).toBeGreaterThan(runs);
  });

  it('never keeps a flow from being checked', () => {
    fc.assert(
      fc.property(documents, fc.string(), fc.string(), (document, odd, name) => {
        const text = JSON.stringify(document)
          .replaceAll('.keep.n', JSON.stringify(odd).slice(1, -1))
          .replaceAll('"keep"', JSON.stringify(name));
        const { problems } = checkFlow(text, { hash, catalog, purpose: 'check', format: 'json' });
        expect(problems.every(({ path }) => path.startsWith('/') || path === '')).toBe(true);
      }),
      { numRuns: runs },
    );
  });
});
