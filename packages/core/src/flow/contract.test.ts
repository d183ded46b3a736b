import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../json.ts';
import {
  defaultRetentionMs,
  documentContract,
  readDocumentContract,
  readTaskContract,
  taskContract,
} from './contract.ts';

const flow = (pawl?: JsonObject): JsonObject => ({
  document: pawl === undefined ? {} : { metadata: { pawl } },
  do: [],
});
const task = (pawl: Json): JsonObject => ({ call: 'http', metadata: { pawl } });
const problemsOf = (pawl: Json) => readTaskContract(pawl, '/p').problems.map(({ code, path }) => `${code} ${path}`);

describe('the contract of a task', () => {
  it('has defaults where nothing is said', () => {
    expect(taskContract(flow(), { call: 'http' })).toEqual({
      guarantee: undefined,
      key: undefined,
      keyIn: undefined,
      resend: true,
      attemptTimeoutMs: undefined,
      onAmbiguous: 'ask',
      batchSize: undefined,
    });
  });

  it('inherits the defaults of the flow and overrides them', () => {
    const document = flow({ defaults: { attempts: { timeout: 'PT10S' }, onAmbiguous: 'fail' } });
    expect(taskContract(document, { call: 'http' })).toMatchObject({
      attemptTimeoutMs: 10_000,
      onAmbiguous: 'fail',
      resend: true,
    });
    expect(taskContract(document, task({ attempts: 'off', onAmbiguous: 'ask' }))).toMatchObject({
      attemptTimeoutMs: 10_000,
      onAmbiguous: 'ask',
      resend: false,
    });
    expect(
      taskContract(flow({ defaults: { attempts: 'off' } }), task({ attempts: { timeout: { seconds: 5 } } })),
    ).toMatchObject({ attemptTimeoutMs: 5_000, resend: true });
  });

  it('says how a keyed target takes the key', () => {
    const keyed = task({ guarantee: 'keyed', key: '${ .id }', keyIn: { header: 'Idempotency-Key', retention: 'P1D' } });
    expect(taskContract(flow(), keyed)).toMatchObject({
      guarantee: 'keyed',
      key: '${ .id }',
      keyIn: { place: 'header', name: 'Idempotency-Key', retentionMs: 86_400_000 },
    });
    expect(taskContract(flow(), task({ keyIn: { query: 'k' } })).keyIn).toEqual({
      place: 'query',
      name: 'k',
      retentionMs: defaultRetentionMs,
    });
    expect(taskContract(flow(), task({ keyIn: { body: 'k', retention: 'PT1H' } })).keyIn).toEqual({
      place: 'body',
      name: 'k',
      retentionMs: 3_600_000,
    });
  });

  it('says the pages of a batch', () => {
    expect(taskContract(flow(), task({ batch: { size: 500, page: true } })).batchSize).toBe(500);
  });

  it.each([
    [5, 'PAWL_FLOW_CONTRACT /p'],
    [{ guarantee: 'twice' }, 'PAWL_FLOW_CONTRACT /p/guarantee'],
    [{ key: '' }, 'PAWL_FLOW_CONTRACT /p/key'],
    [{ keyIn: {} }, 'PAWL_FLOW_CONTRACT /p/keyIn'],
    [{ keyIn: 'header' }, 'PAWL_FLOW_CONTRACT /p/keyIn'],
    [{ keyIn: { header: 'a', query: 'b' } }, 'PAWL_FLOW_CONTRACT /p/keyIn'],
    [{ keyIn: { header: 'a', retention: 'P' } }, 'PAWL_FLOW_CONTRACT /p/keyIn/retention'],
    [{ attempts: 'on' }, 'PAWL_FLOW_CONTRACT /p/attempts'],
    [{ attempts: { timeout: 'PT0S' } }, 'PAWL_FLOW_CONTRACT /p/attempts/timeout'],
    [{ onAmbiguous: 'retry' }, 'PAWL_FLOW_CONTRACT /p/onAmbiguous'],
    [{ batch: { size: 0, page: true } }, 'PAWL_FLOW_CONTRACT /p/batch/size'],
    [{ batch: { size: 10_001, page: true } }, 'PAWL_FLOW_CONTRACT /p/batch/size'],
    [{ batch: { size: 5, page: false } }, 'PAWL_FLOW_CONTRACT /p/batch/page'],
    [{ batch: { size: 5 } }, 'PAWL_FLOW_CONTRACT /p/batch'],
    [{ batch: { page: true } }, 'PAWL_FLOW_CONTRACT /p/batch'],
    [{ garantee: 'once' }, 'PAWL_FLOW_CONTRACT_KEY /p/garantee'],
    [{ constructor: 1 }, 'PAWL_FLOW_CONTRACT_KEY /p/constructor'],
  ])('refuses %j', (pawl, problem) => {
    expect(problemsOf(pawl)).toEqual([problem]);
  });

  it('names the nearest member for an unknown one', () => {
    expect(readTaskContract({ keyin: { header: 'x' } }, '').problems[0]?.hint).toBe('did you mean "keyIn"?');
  });

  it.each<[Json, string]>([
    ...['breaker', 'rate', 'probe', 'onExhausted', 'undo'].map((name): [Json, string] => [
      { [name]: 'x' },
      `/p/${name}`,
    ]),
    [{ attempts: { for: 'P1D' } }, '/p/attempts/for'],
    [{ attempts: { adaptive: true } }, '/p/attempts/adaptive'],
    [{ onAmbiguous: 'probe' }, '/p/onAmbiguous'],
    [{ batch: { size: 1, page: true, concurrency: 4 } }, '/p/batch/concurrency'],
  ])('refuses rather than ignores what is not built yet: %j', (pawl, path) => {
    expect(problemsOf(pawl)).toEqual([`PAWL_FLOW_NOT_YET ${path}`]);
  });

  it('is not read by guesswork: a malformed one throws', () => {
    expect(() => taskContract(flow(), task({ guarantee: 'x' }))).toThrow(
      expect.objectContaining({ code: 'PAWL_FLOW_INVALID' }),
    );
  });
});

describe('the contract of a flow', () => {
  it('lets a run live 30 days and starts without key where nothing is said', () => {
    expect(documentContract(flow())).toEqual({
      start: undefined,
      deadline: { months: 0, ms: 30 * 86_400_000 },
      schedule: { zone: undefined, missed: 'one' },
      attempts: {},
      onAmbiguous: undefined,
      owner: undefined,
      playbook: undefined,
    });
  });

  it('is read with its defaults', () => {
    const contract = documentContract(
      flow({ start: { key: '.id' }, deadline: 'P1M', owner: 'team-a', playbook: 'docs/x.md' }),
    );
    expect(contract).toMatchObject({
      start: { key: '.id', onDuplicate: 'return', onMismatch: 'reject' },
      deadline: { months: 1, ms: 0 },
      owner: 'team-a',
      playbook: 'docs/x.md',
    });
    expect(
      documentContract(flow({ start: { key: '.id', onDuplicate: 'reject', onMismatch: 'reject' } })).start?.onDuplicate,
    ).toBe('reject');
  });

  it.each([
    [{ start: {} }, 'PAWL_FLOW_CONTRACT /p/start'],
    [{ start: { key: '.a', onMismatch: 'return' } }, 'PAWL_FLOW_CONTRACT /p/start/onMismatch'],
    [{ start: { key: 5 } }, 'PAWL_FLOW_CONTRACT /p/start/key'],
    [{ deadline: 'soon' }, 'PAWL_FLOW_CONTRACT /p/deadline'],
    [{ owner: '' }, 'PAWL_FLOW_CONTRACT /p/owner'],
    [{ defaults: { guarantee: 'once' } }, 'PAWL_FLOW_CONTRACT_KEY /p/defaults/guarantee'],
    [{ triggers: [] }, 'PAWL_FLOW_NOT_YET /p/triggers'],
    [{ limit: {} }, 'PAWL_FLOW_NOT_YET /p/limit'],
  ])('refuses %j', (pawl, problem) => {
    expect(readDocumentContract(pawl as Json, '/p').problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
      problem,
    ]);
  });
});
