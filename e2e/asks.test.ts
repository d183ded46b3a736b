import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callApi, insist } from './crash/api.ts';
import { startPawl } from './support/pawl.ts';

/* Questions to people by the real `pawl` command, on a real PostgreSQL, with real kills. */

const patienceMs = 60_000;
const flow = `
document: {dsl: '1.0.3', namespace: e2e, name: refund, version: '1.0.0'}
do:
  - approve:
      call: ask
      with:
        title: Refund \${ .order }?
        form: {type: object, required: [amount], properties: {amount: {type: number}}}
        deadline: PT8H
  - done: {set: {decision: "\${ .decision }", amount: "\${ .data.amount }"}}
`;

describe('a flow that asks a person', () => {
  let folder: string;
  let file: string;
  let server: Program | undefined;
  let url = '';
  const env = (): Record<string, string> => ({ PAWL_DATA: join(folder, 'data'), PAWL_PORT: '0', PAWL_URL: url });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pawl-asks-'));
    file = join(folder, 'flow.yaml');
    writeFileSync(file, flow);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, patienceMs);

  const startServer = async (): Promise<void> => {
    const started = startPawl(['start', '--no-examples'], { env: env() });
    server = started;
    const told = (): string | undefined => /Pawl is at (http:\S+) /.exec(started.stdout)?.[1];
    await waitUntil(
      'pawl says where it is',
      () => {
        if (!started.living) throw new Error(started.stderr);
        return told() !== undefined;
      },
      patienceMs,
    );
    url = told() ?? '';
  };
  const pawl = async (...args: readonly string[]) => {
    const program = startPawl(args, { env: env() });
    return { code: await program.ended, stdout: program.stdout, stderr: program.stderr };
  };
  const questionOf = async (run: string): Promise<string> => {
    let id = '';
    await waitUntil(
      'it asks',
      async () => {
        const { items } = (await callApi(url, '/api/v1/decisions')).body as { items: { id: string; run: string }[] };
        id = items.find((each) => each.run === run)?.id ?? '';
        return id !== '';
      },
      patienceMs,
    );
    return id;
  };

  it('is left waiting by `pawl run`, and completes once somebody has decided', async () => {
    const run = ['run', file, '--input', '{"order":"o-7"}', '--key', 'o-7'];
    const waiting = await pawl(...run, '--timeout', '5s');
    expect(waiting).toMatchObject({ code: 4, stdout: '' });
    const [, title, id = ''] = /waits for a person \((.*?)\): pawl decide ([\w.-]+\w)/.exec(waiting.stderr) ?? [];
    expect(title, waiting.stderr).toBe('Refund o-7?');
    await startServer();
    expect((await pawl('decide')).stdout).toContain(id);
    expect((await pawl('decide', id)).stdout).toContain('--approve|--reject');
    const refused = await pawl('decide', id, '--approve', '--data', '{"amount":"x"}');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('/amount');
    expect(await pawl('decide', id, '--approve', '--data', '{"amount":5}')).toMatchObject({ code: 0 });
    const late = await pawl('decide', id, '--reject');
    expect(late.code).toBe(2);
    expect(late.stderr).toContain('local-owner');
    const ended = await pawl(...run, '--timeout', '30s');
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toEqual({ decision: 'approved', amount: 5 });
  }, 300_000);

  it('is asked once and decided once, whenever Pawl is killed between', async () => {
    if (server === undefined) await startServer();
    await insist(url, '/api/v1/flows', { body: flow, type: 'application/yaml' });
    for (const moment of ['asked', 'sent', 'answered'] as const) {
      const started = await insist(url, '/api/v1/flows/e2e/refund/runs', {
        body: JSON.stringify({ input: { order: moment } }),
        key: moment,
      });
      const run = String(started.body['id']);
      const id = await questionOf(run);
      const answer = { body: '{"decision":"approved","data":{"amount":1}}', key: `answer-${moment}` };
      if (moment === 'answered') expect((await callApi(url, `/api/v1/decisions/${id}`, answer)).status).toBe(200);
      const sent =
        moment === 'sent' ? callApi(url, `/api/v1/decisions/${id}`, answer).catch(() => undefined) : undefined;
      await server?.kill();
      await sent;
      await startServer();
      if (moment === 'asked') expect(await questionOf(run)).toBe(id);
      // Whoever had no answer sends the same again; where it was taken meanwhile, it was this one.
      const again = await callApi(url, `/api/v1/decisions/${id}`, answer);
      expect([200, 409], JSON.stringify(again.body)).toContain(again.status);
      await waitUntil(
        'the run completes',
        async () => (await callApi(url, `/api/v1/runs/${run}`)).body['status'] === 'completed',
        patienceMs,
      );
      const shown = await callApi(url, `/api/v1/runs/${run}`);
      expect(shown.body['output']).toEqual({ decision: 'approved', amount: 1 });
      const journal = (await callApi(url, `/api/v1/runs/${run}/journal`)).body as { items: { type: string }[] };
      const decisions = journal.items.map(({ type }) => type).filter((type) => type.startsWith('decision.'));
      expect(decisions).toEqual(['decision.asked', 'decision.made']);
    }
  }, 300_000);
});
