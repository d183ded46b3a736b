/** Evaluations per second of typical expressions here and in jq itself (jq-wasm), as a table and as JSON: `node packages/jq/src/jq.bench.ts`. */
import { loadJq } from 'jq-wasm';
import { compile, type Json } from './index.ts';

const ITEMS: readonly Json[] = Array.from({ length: 20 }, (_, i) => ({
  sku: `s${String(i)}`,
  price: i * 1.5,
  qty: i % 4,
}));
const ORDER = { id: 7, name: 'Ada', a: { b: 41 }, items: [...ITEMS] };
const PROGRAMS = [
  '.',
  '.a.b+1',
  '{id: .id, name: .name, total: .a.b}',
  '"Hello \\(.name), order \\(.id)"',
  '.items | map(.price * .qty)',
  '.items | map(.price * .qty) | add',
  '[.items[] | select(.qty > 1) | .price]',
  'reduce .items[] as $i ({}; .[$i.sku] += $i.price)',
  '.items | group_by(.qty) | map({qty: .[0].qty, n: length})',
  '.items |= map(.price += 1)',
  '.name | test("^A[a-z]+$")',
  'tojson',
];
const MEASURED_MS = 300;

const jq = await loadJq();
const results = PROGRAMS.map((program) => {
  // Each gets what it takes and gives in its own way: values here, through JSON text there.
  const compiled = compile(program);
  const here = perSecond(500, () => compiled.evaluate(ORDER));
  const there = perSecond(10, () => jq.json(ORDER, program));
  return { program, perSecond: Math.round(here), jqWasmPerSecond: Math.round(there), times: Math.round(here / there) };
});

for (const { program, perSecond: here, jqWasmPerSecond, times } of results) {
  const cells = [here, jqWasmPerSecond, times].map((count) => count.toLocaleString('en').padStart(13));
  console.log(`${cells.join('')} ×  ${program}`);
}
console.log(JSON.stringify({ node: process.version, jqWasm: jq.version, results }));

function perSecond(batch: number, run: () => unknown): number {
  for (let i = 0; i < batch * 4; i++) run();
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < MEASURED_MS) {
    for (let i = 0; i < batch; i++) run();
    count += batch;
  }
  return (count / (performance.now() - started)) * 1000;
}
