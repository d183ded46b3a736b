import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../support/database.ts';
import { startPawl } from '../support/pawl.ts';
import { type Harbour, startHarbour, visitor } from './harbour.fixture.ts';

/*
 * What the conformance kit of the Open Workflow DSL asks of a runtime, with flows and data of our own: each flow runs
 * by `pawl run`, in a process of its own, against a service on this machine.
 */

/** How a flow must end. Members of `output` and `error` are compared as by `toMatchObject`. */
interface Scenario {
  readonly flow: string;
  readonly says: string;
  readonly input?: unknown;
  /** The whole output, exactly. */
  readonly output?: unknown;
  /** What the output holds, beside other things. */
  readonly holds?: object;
  /** What the problem document on stderr holds. */
  readonly error?: object;
  /** All tasks that ran, by name, in the order in which they began. */
  readonly ran?: readonly string[];
}

const communication = 'https://open-workflow-specification.org/spec/1.0.0/errors/communication';
const text = expect.any(String);
const response = {
  request: { method: expect.stringMatching(/^get$/i), uri: expect.stringContaining('/v2/boats/1'), headers: {} },
  statusCode: 200,
  headers: {},
  content: { id: 1, name: 'Tern', state: 'moored' },
};
const caught = {
  error: { type: communication, status: 404, title: text, instance: '/do/0/tryGetPet/try/0/getPet' },
};
const cat = { catName: 'Milou' };

const scenarios: readonly Scenario[] = [
  {
    flow: 'conditional-task',
    says: 'skips a task whose condition does not hold, and does not follow its directive',
    input: { name: 'Ada', age: 36 },
    output: { admitted: 'Ada' },
    ran: ['admit'],
  },
  {
    flow: 'conditional-task',
    says: 'runs a task whose condition holds',
    input: { name: 'Ada', age: 12 },
    error: { type: 'https://club.example/errors/minor', status: 403, instance: '/do/0/refuseMinor' },
    ran: ['refuseMinor'],
  },
  {
    flow: 'http-content',
    says: 'reads JSON by its content type, fills in the address and filters the output',
    input: { state: 'moored' },
    output: { id: 1, name: 'Tern', state: 'moored' },
  },
  { flow: 'http-response', says: 'gives request, status, headers and content', input: { boatId: 1 }, holds: response },
  {
    flow: 'http-basic-authentication',
    says: 'shows user and password to the service',
    input: visitor,
    output: { open: true },
  },
  {
    flow: 'http-basic-authentication',
    says: 'faults where the service does not know them',
    input: { ...visitor, password: 'low water' },
    error: { type: communication, status: 401, instance: '/do/0/enter' },
  },
  { flow: 'openapi-content', says: 'calls an operation by its name', input: { state: 'moored' }, output: 2 },
  {
    flow: 'openapi-response',
    says: 'gives request, status, headers and content',
    input: { boatId: 1 },
    holds: response,
  },
  {
    flow: 'input-filter',
    says: 'gives the task its part of the input',
    input: { crew: { skipper: { name: 'Grace' } } },
    output: { skipper: 'Grace' },
  },
  { flow: 'output-filter', says: 'ends with a number', input: { boatId: 1 }, output: 1 },
  {
    flow: 'output-no-object',
    says: 'hands a number on to the next task',
    input: { boatId: 1 },
    output: { boats: [1, 2] },
  },
  { flow: 'do', says: 'runs its tasks in sequence, without any input', output: { ports: ['Kiel', 'Visby', 'Riga'] } },
  {
    flow: 'emit',
    says: 'gives the event that it has published',
    input: { boat: { name: 'Tern', port: 'Kiel' } },
    output: {
      specversion: '1.0',
      id: text,
      time: text,
      source: 'https://harbour.example/office',
      type: 'com.example.harbour.arrived.v1',
      data: { words: 'Tern of Kiel has arrived' },
    },
  },
  {
    flow: 'directive-implicit',
    says: 'goes from task to task as they are written',
    output: { ports: ['Kiel', 'Visby', 'Riga'] },
    ran: ['leave', 'visit', 'arrive'],
  },
  {
    flow: 'directive-explicit',
    says: 'goes where its tasks say',
    output: { ports: ['Kiel', 'Visby', 'Riga'] },
    ran: ['leave', 'visit', 'arrive'],
  },
  {
    flow: 'for',
    says: 'goes over a list, with the item under its own name and the index under the usual one',
    input: { ports: ['Kiel', 'Visby', 'Riga'] },
    output: { log: { seen: ['Kiel', 'Visby', 'Riga'], places: [0, 1, 2] } },
  },
  {
    flow: 'fork-compete',
    says: 'ends with the output of one branch',
    output: { winners: [expect.stringMatching(/^(red|white|blue)$/)] },
  },
  {
    flow: 'fork',
    says: 'ends with the outputs of all branches, in the order in which they are written',
    input: { boatId: 3 },
    output: ['Auk', { boatId: 3 }, { berth: 7 }],
  },
  {
    flow: 'raise-inline',
    says: 'faults with the error that is written out',
    error: {
      status: 400,
      type: 'https://harbour.example/errors/no-papers',
      title: 'No papers',
      instance: '/do/0/refuse',
    },
  },
  {
    flow: 'raise-reusable',
    says: 'faults with the error that is named',
    error: {
      status: 409,
      type: 'https://harbour.example/errors/full',
      title: 'No berth for Tern',
      instance: '/do/1/refuse',
    },
    ran: ['fine', 'refuse'],
  },
  {
    flow: 'set',
    says: 'gives what it sets and nothing else',
    input: { order: { size: { length: 9, beam: 3 }, colours: { hull: 'red', deck: 'white' } } },
    output: { hull: 'steel', size: { length: 9, beam: 3 }, colours: { hull: 'red', deck: 'white' } },
  },
  {
    flow: 'switch',
    says: 'goes to the task of the case that holds',
    input: { signal: 'go' },
    output: { doing: ['sailing'] },
    ran: ['bySignal', 'sail'],
  },
  {
    flow: 'switch-implicit',
    says: 'follows its own directive where no case holds',
    input: { signal: 'none' },
    output: { signal: 'none' },
    ran: ['bySignal'],
  },
  {
    flow: 'switch-explicit',
    says: 'takes the case without a condition where no other holds',
    input: { signal: 'none' },
    output: { doing: ['none'] },
    ran: ['bySignal', 'look'],
  },
  { flow: 'try-caught', says: 'catches an error by its type and status', input: cat, holds: caught },
  { flow: 'try-caught-old', says: 'catches the type as the kit itself writes it', input: cat, holds: caught },
  { flow: 'try-caught-former-name', says: 'catches the type of earlier documents', input: cat, holds: caught },
  {
    flow: 'try-uncaught',
    says: 'faults with an error that nobody catches',
    input: cat,
    error: { type: communication, status: 404, instance: '/do/0/tryGetPet/try/0/getPet' },
    ran: ['tryGetPet', 'getPet'],
  },
];

const patienceMs = 60_000;
const flows = join(import.meta.dirname, 'flows');
let cluster: TestCluster;
let database: string;
let harbour: Harbour;

beforeAll(async () => {
  [cluster, harbour] = await Promise.all([startTestCluster(), startHarbour()]);
  database = (await cluster.createDatabase()).url();
}, patienceMs);

afterAll(async () => {
  harbour?.close();
  await cluster?.stop();
}, patienceMs);

describe('the flow', () => {
  test.each(scenarios)(
    '$flow $says',
    async (scenario) => {
      const { code, stdout, stderr, ran } = await run(scenario.flow, scenario.input);
      if (scenario.error === undefined) {
        expect(code, stderr).toBe(0);
        expect(stdout, 'one JSON value and nothing else').toMatch(/^.+\n$/);
        const output: unknown = JSON.parse(stdout);
        if (scenario.holds === undefined) expect(output).toEqual(scenario.output);
        else expect(output).toMatchObject(scenario.holds);
      } else {
        expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
        expect(problemIn(stderr)).toMatchObject(scenario.error);
      }
      if (scenario.ran !== undefined) expect(ran).toEqual(scenario.ran);
    },
    patienceMs,
  );

  test('is played by a scenario for each file here', () => {
    const files = readdirSync(flows).map((name) => name.replace(/\.yaml$/, ''));
    expect([...new Set(scenarios.map(({ flow }) => flow))].sort()).toEqual(files.sort());
  });
});

/** Runs one of the flows to its end, and reads off its journal what ran. */
async function run(
  flow: string,
  input: unknown,
): Promise<{ code: unknown; stdout: string; stderr: string; ran: string[] }> {
  const file = join(cluster.folder, `${flow}.yaml`);
  const journal = join(cluster.folder, `${flow}.jsonl`);
  writeFileSync(file, readFileSync(join(flows, `${flow}.yaml`), 'utf8').replaceAll('http://harbour.test', harbour.url));
  const given = input === undefined ? [] : ['--input', JSON.stringify(input)];
  const pawl = startPawl(['run', file, ...given, '--journal', journal, '--database', database, '--timeout', '50s'], {
    env: { PAWL_ALLOW_NETS: `127.0.0.1:${new URL(harbour.url).port}`, PAWL_DATA: join(cluster.folder, 'none') },
  });
  const code = await pawl.ended;
  return { code, stdout: pawl.stdout, stderr: pawl.stderr, ran: ranIn(journal) };
}

/** Names of the tasks that ran, in the order of their first events. */
function ranIn(journal: string): string[] {
  const events = readFileSync(journal, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number; type: string; step?: string; name?: string });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  const steps = events.filter(({ step, type }) => step !== undefined && type !== 'task.skipped');
  for (const { step, name } of steps) expect(step?.endsWith(`/${name}`)).toBe(true);
  const closed = steps.filter(({ type }) => /complet|fault|cancel/.test(type));
  expect(new Set(closed.map(({ step }) => step))).toEqual(new Set(steps.map(({ step }) => step)));
  return [...new Set(steps.map(({ name }) => name ?? ''))];
}

/** The problem document, which begins at the beginning of a line. */
function problemIn(stderr: string): unknown {
  return JSON.parse(stderr.split('\n').find((line) => line.startsWith('{')) ?? '{}');
}
