import { readFileSync } from 'node:fs';
import { effectRows, rowWrites, tally, waitUntil, watchTable } from '@pawl/testkit';
import { parse } from 'yaml';
import { callApi, insist } from './api.ts';
import type { Findings, Scenario } from './scenario.ts';
import type { City, World } from './world.ts';

const flowFile = new URL('../../examples/import-cities/flow.yaml', import.meta.url);
/** Rows of a page, and time that it may take, of the import that `pawl start` runs. */
const firstImportSize = 500;
const firstImportMs = 120_000;
const key = ['country', 'name', 'lat', 'lng'];

/**
 * The example import-cities in pages of `size` rows, so that many kills fit between them. The table counts its own writes,
 * so that a page applied twice shows although its rows are upserted; the summary goes to the ledger.
 */
export function importScenario(size: number): Scenario {
  return {
    name: 'import',
    async start(world, round) {
      const { url, ledger } = world;
      const flow = flowOf(round, size);
      await prepareTable(world, flow.table, flow.ddl);
      await insist(url, '/api/v1/flows', { body: flow.text, type: 'application/yaml' });
      const input = { target: `${ledger.url}/keyed/round-${round}` };
      const path = `/api/v1/flows/examples/${flow.name}/runs`;
      const { body } = await insist(url, path, { body: JSON.stringify({ input }), key: `import-${round}` });
      return String(body['id']);
    },
    async verify(world, round) {
      const { table } = flowOf(round, size);
      await firstImportEnded(world);
      const rows = await findRows(world, table, effectRowsAfter(world, round, size));
      const counts = (await world.ledger.counts())[`round-${round}/summaries`] ?? {};
      const summaries = tally(counts, Object.keys(counts).slice(0, 1));
      const violations = [...rows.violations];
      if (summaries.effects !== 1) violations.push(`the summary was applied ${summaries.effects} times, not once`);
      return {
        ...rows,
        violations,
        counts: { ...rows.counts, summaries: summaries.effects, summaryRequests: summaries.arrivals },
      };
    },
  };
}

interface ImportFlow {
  readonly name: string;
  readonly table: string;
  readonly ddl: string;
  readonly text: string;
}

/** The example's own document, with another name, table and page size. */
function flowOf(round: number, size: number): ImportFlow {
  const table = `crash_city_${round}`;
  const name = `import-cities-crash-${round}`;
  let text = readFileSync(flowFile, 'utf8');
  for (const [from, to] of [
    ['name: import-cities', `name: ${name}`],
    ['if not exists city (', `if not exists ${table} (`],
    ['table: city', `table: ${table}`],
    ['from city', `from ${table}`],
    ['size: 500', `size: ${size}`],
  ] as const) {
    if (text.split(from).length !== 2)
      throw new Error(`examples/import-cities/flow.yaml has no single "${from}" any more`);
    text = text.replace(from, to);
  }
  const document = parse(text) as { do: [{ createTable: { with: { sql: string } } }] };
  return { name, table, text, ddl: document.do[0].createTable.with.sql };
}

/** Makes the table beforehand, with what counts its writes. */
async function prepareTable(world: World, table: string, ddl: string): Promise<void> {
  const database = await world.demoDatabase();
  try {
    await database.query(ddl);
    await watchTable(database, table);
  } finally {
    await database.end();
  }
}

/** The import that `pawl start` runs by itself shares the database, the kills, and the table of effect rows. */
async function firstImportEnded({ url }: World): Promise<void> {
  await waitUntil(
    'the import of `pawl start` has completed',
    async () => {
      const answer = await callApi(url, '/api/v1/runs?flow=examples/import-cities').catch(() => undefined);
      const items = (answer?.body['items'] ?? []) as { status: string }[];
      return items.length === 1 && items[0]?.status === 'completed';
    },
    firstImportMs,
  );
}

/** One row for each page of each import so far, and one for the step that makes its table. */
function effectRowsAfter({ cities }: World, rounds: number, size: number): number {
  const pages = (pageSize: number): number => Math.ceil(cities.length / pageSize) + 1;
  return pages(firstImportSize) + rounds * pages(size);
}

async function findRows(world: World, table: string, expectedEffects: number): Promise<Findings> {
  const { cities } = world;
  const database = await world.demoDatabase();
  try {
    const writes = await rowWrites(database, table, key);
    const effects = await effectRows(database);
    const wanted = new Set(cities.map(nameOf));
    const { rows } = await database.query<City>(
      `select country, name, lat::float8::text as lat, lng::float8::text as lng from ${table}`,
    );
    const there = new Set(rows.map(nameOf));
    const losses = [...wanted].filter((name) => !there.has(name)).length;
    const duplicates = writes.inserts + writes.updates - wanted.size;
    const violations: string[] = [];
    const expect = (what: string, found: number, expected: number): void => {
      if (found !== expected) violations.push(`${what}: ${found}, not ${expected}`);
    };
    expect('rows', writes.rows, wanted.size);
    expect('distinct cities', writes.keys, wanted.size);
    expect('cities that are missing', losses, 0);
    expect('rows written (a page applied twice writes its rows twice)', writes.inserts + writes.updates, wanted.size);
    expect('rows deleted', writes.deletes, 0);
    expect('effect rows, one a page of every import', effects.rows, expectedEffects);
    expect('effect keys', effects.keys, effects.rows);
    return {
      expected: wanted.size,
      duplicates,
      losses,
      violations,
      counts: { effectRows: effects.rows },
    };
  } finally {
    await database.end();
  }
}

/** The natural key of a city, cleaned as the flow cleans it. */
function nameOf({ country, name, lat, lng }: City): string {
  return JSON.stringify([country, name.replaceAll(/\s+/g, ' '), Number(lat), Number(lng)]);
}
