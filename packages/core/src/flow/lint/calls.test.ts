import { describe, expect, it } from 'vitest';
import { checkFlow } from '../check.ts';
import { checkBody, flowText, hash, told } from './lint.testsuite.ts';

const upsert = (args: string, pawl = '') =>
  `do: [{a: {call: sql.upsert, with: {${args}}${pawl === '' ? '' : `, metadata: {pawl: {${pawl}}}`}}}]`;
const post = (pawl: string) =>
  `do: [{a: {call: http, with: {method: post, endpoint: "https://x/y"}, metadata: {pawl: {${pawl}}}}}]`;
const rows = 'connection: db, rows: []';

describe('what is called', () => {
  it.each(['sql.upsert', 'sql.upsert:1.0.0', 'sql.upsert@default', 'sql.upsert:1.0.0@default'])(
    'may be an action: %s',
    (name) => {
      expect(told(`do: [{a: {call: "${name}", with: {${rows}}}}]`)).toEqual([]);
    },
  );

  it('that is unknown is a warning to check and an error to deploy, with the nearest name', () => {
    const body = `do: [{a: {call: sql.upset, with: {}}}]`;
    expect(checkBody(body)).toMatchObject({
      valid: true,
      problems: [{ code: 'PAWL_FLOW_ACTION_UNKNOWN', severity: 'warning', hint: 'did you mean "sql.upsert"?' }],
    });
    expect(checkBody(body, 'deploy')).toMatchObject({
      valid: false,
      problems: [{ code: 'PAWL_FLOW_ACTION_UNKNOWN', severity: 'error' }],
    });
    expect(told('do: [{a: {call: "sql.upsert:2.0.0"}}]', 'deploy')).toEqual(['error ACTION_UNKNOWN /do/0/a/call']);
  });

  it('is not judged without a catalog', () => {
    expect(checkFlow(flowText('do: [{a: {call: anything}}]'), { hash, purpose: 'deploy' }).problems).toEqual([]);
  });

  it('may stand in another catalog, in one version, or at an address', () => {
    const from = (called: string): string =>
      `use: {catalogs: {mine: {endpoint: "https://c.x"}}}\ndo: [{a: {call: "${called}"}}]`;
    expect(told(from('f:1.0.0@mine'))).toEqual([]);
    expect(told(from('https://e.x/function.yaml'))).toEqual([]);
    expect(told(from('f@mine'))).toEqual(['error RESOURCE /do/0/a/call']);
    expect(told(from('file:///etc/function.yaml'))).toEqual(['error RESOURCE /do/0/a/call']);
  });
});

describe('the arguments of an action', () => {
  it('are checked where they are constants', () => {
    expect([...told(upsert('conection: db, rows: [1], mode: c'))].sort()).toEqual([
      ...['error ACTION_INPUT /do/0/a/with/conection', 'error ACTION_INPUT /do/0/a/with/connection'],
      ...['error ACTION_INPUT /do/0/a/with/mode', 'error ACTION_INPUT /do/0/a/with/rows/0'],
    ]);
  });

  it('are not, where an expression decides', () => {
    expect(told(upsert('connection: "${ .c }", rows: "${ .rows }", mode: "${ .m }"'))).toEqual([]);
    expect(told(upsert('connection: db, rows: ["${ .row }"]'))).toEqual([]);
    expect(told(upsert('connection: db, rows: [], "mo${ .x }de": a'))).toEqual([
      expect.stringContaining('error ACTION_INPUT'),
    ]);
  });
});

describe('addresses', () => {
  it('take simple placeholders only (decided: RFC 6570 simple expansion)', () => {
    const call = (uri: string) => `do: [{a: {call: http, with: {method: get, endpoint: "${uri}"}}}]`;
    expect(told(call('https://x/{id}'))).toEqual([]);
    expect(told(call('https://x/{?id}'))).toEqual(['warning ADDRESS /do/0/a/with/endpoint']);
    expect(told(call('https://x/{?id}'), 'deploy')).toEqual(['error ADDRESS /do/0/a/with/endpoint']);
    expect(told(call('/relative'))).toEqual(['warning ADDRESS /do/0/a/with/endpoint']);
    expect(told(call('{base}/orders'))).toEqual([]);
  });
});

describe('contracts', () => {
  it('are taken where they fit', () => {
    expect(
      told(
        post(
          "key: '${ .id }', keyIn: {header: Idempotency-Key, retention: P1D}, attempts: {timeout: PT5S}, onAmbiguous: fail",
        ),
      ),
    ).toEqual([]);
    expect(told(post('guarantee: idempotent, attempts: off'))).toEqual([]);
    expect(
      told(
        'do: [{a: {for: {in: .data}, metadata: {pawl: {batch: {size: 500, page: true}}}, do: [{b: {set: {x: 1}}}]}}]',
      ),
    ).toEqual([]);
  });

  it('are refused with the line and the nearest member', () => {
    expect(checkBody(post('keyin: {header: x}')).problems).toMatchObject([
      { code: 'PAWL_FLOW_CONTRACT_KEY', path: '/do/0/a/metadata/pawl/keyin', line: 2, hint: 'did you mean "keyIn"?' },
    ]);
  });

  it.each(['breaker: x', 'rate: 1/PT1S', 'probe: {}', 'onExhausted: fail', 'undo: []', 'attempts: {for: P1D}'])(
    'refuse what is not built yet, whatever the purpose: %s',
    (member) => {
      expect(checkBody(post(member)).problems).toMatchObject([{ code: 'PAWL_FLOW_NOT_YET', severity: 'error' }]);
    },
  );

  it('have no meaning on other tasks', () => {
    expect(told('do: [{a: {set: {x: 1}, metadata: {pawl: {guarantee: pure, batch: {size: 1, page: true}}}}}]')).toEqual(
      [...['error CONTRACT_PLACE /do/0/a/metadata/pawl/guarantee', 'error CONTRACT_PLACE /do/0/a/metadata/pawl/batch']],
    );
    expect(
      told('use: {functions: {f: {set: {x: 1}}}}\ndo: [{a: {call: f, metadata: {pawl: {onAmbiguous: fail}}}}]'),
    ).toEqual(['error CONTRACT_PLACE /do/0/a/metadata/pawl/onAmbiguous']);
    expect(
      told(
        'do: [{a: {for: {in: [{x: 1}]}, metadata: {pawl: {batch: {size: 1, page: true}}}, do: [{b: {set: {x: 1}}}]}}]',
      ),
    ).toEqual(['error CONTRACT_PLACE /do/0/a/metadata/pawl/batch']);
  });

  it('refuses a while on a batch, which goes over its whole dataset', () => {
    expect(
      told(
        'do: [{a: {for: {in: .data}, while: .x, metadata: {pawl: {batch: {size: 1, page: true}}}, do: [{b: {set: {x: 1}}}]}}]',
      ),
    ).toEqual(['error CONTRACT_PLACE /do/0/a/while']);
  });

  it('cannot claim what the action does not give', () => {
    expect(told(upsert(rows, 'guarantee: once'))).toEqual(['error GUARANTEE /do/0/a/metadata/pawl/guarantee']);
    expect(told(upsert(rows, 'guarantee: transactional'))).toEqual([]);
    expect(told(post('guarantee: transactional'))).toEqual(['error GUARANTEE /do/0/a/metadata/pawl/guarantee']);
    expect(told(post('guarantee: keyed'))).toEqual(['error GUARANTEE /do/0/a/metadata/pawl/guarantee']);
    expect(told(post('guarantee: once, keyIn: {header: x}'))).toEqual(['error GUARANTEE /do/0/a/metadata/pawl/keyIn']);
  });

  it('do not take one constant for the key of every run', () => {
    expect(told(post('key: .id, keyIn: {header: x}'))).toContain('error CONTRACT /do/0/a/metadata/pawl/key');
    expect(told(post('key: abc, keyIn: {header: x}'))).toEqual(['warning KEY_CONSTANT /do/0/a/metadata/pawl/key']);
    expect(told('do: [{a: {set: {x: 1}}}]', 'check', ', metadata: {pawl: {start: {key: \'"x"\'}}}')).toEqual([
      'warning KEY_CONSTANT /document/metadata/pawl/start/key',
    ]);
    expect(
      told(
        'do: [{a: {set: {x: 1}}}]',
        'check',
        ', metadata: {pawl: {start: {key: .orderId}, deadline: P1D, defaults: {attempts: {timeout: PT5S}}}}',
      ),
    ).toEqual([]);
  });
});

describe('a retry around a call', () => {
  const around = (task: string) => `do: [{t: {try: [{a: ${task}}], catch: {retry: {limit: {attempt: {count: 3}}}}}}]`;
  const call = (method: string, pawl: string) =>
    `{call: http, with: {method: ${method}, endpoint: "https://x"}, metadata: {pawl: {${pawl}}}}`;

  it('is reported when the step must not be repeated blindly', () => {
    expect(told(around(call('post', '')))).toEqual(['warning RETRY_ONCE /do/0/t/try/0/a']);
    expect(told(around(`{do: [{b: ${call('patch', '')}}]}`))).toEqual(['warning RETRY_ONCE /do/0/t/try/0/a/do/0/b']);
    expect(told(around(call('get', '')))).toEqual([]);
    expect(told(around(call('post', 'guarantee: idempotent')))).toEqual([]);
    expect(told(around(call('post', 'keyIn: {header: x}')))).toEqual([]);
  });

  it('is reported when the target may replay a refusal under a natural key', () => {
    expect(told(around(call('post', "keyIn: {header: x}, key: '${ .id }'")))).toEqual([
      'warning RETRY_KEYED /do/0/t/try/0/a/metadata/pawl/key',
    ]);
  });
});
