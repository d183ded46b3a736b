/** Evaluations per second of typical expressions: `node packages/jq/src/jq.bench.ts`. */
import { compile, type Json } from './index.ts';

const ORDER: Json = {
  id: 7,
  name: 'Ada',
  a: { b: 41 },
  items: Array.from({ length: 20 }, (_, i) => ({ sku: `s${String(i)}`, price: i * 1.5, qty: i % 4 })),
};
const VARIABLES = { context: { customer: { email: 'ada@example.org', tier: 'gold' } } };
const PROGRAMS = [
  '.',
  '.a.b',
  '.a.b + 1',
  '$context.customer.email',
  '{id: .id, name: .name, total: .a.b}',
  '.a.b > 40 and $context.customer.tier == "gold"',
  '"Hello \\(.name), order \\(.id)"',
  '.items | map(.price * .qty) | add',
  '[.items[] | select(.qty > 1) | .price]',
  'reduce .items[] as $i ({}; .[$i.sku] += $i.price)',
  '.items | group_by(.qty) | map({qty: .[0].qty, n: length})',
  '.items |= map(.price += 1)',
  '.name | test("^A[a-z]+$")',
  'tojson',
];
const MEASURED_MS = 200;
const BATCH = 500;

for (const source of PROGRAMS) {
  const program = compile(source, { variables: ['context'] });
  const evaluate = (): number => {
    for (let i = 0; i < BATCH; i++) program.evaluate(ORDER, { variables: VARIABLES });
    return BATCH;
  };
  for (let i = 0; i < 10; i++) evaluate();
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < MEASURED_MS) count += evaluate();
  const perSecond = (count / (performance.now() - started)) * 1000;
  console.log(`${Math.round(perSecond).toLocaleString('en').padStart(14)} /s  ${source}`);
}
