import { describe, expect, it } from 'vitest';
import { checkBody, told } from './lint.testsuite.ts';

const use = 'use: {secrets: [token, db], functions: {f: {set: {x: 1}}}}\n';
const http = (more: string) => `${use}do: [{a: {call: http, with: {method: get, ${more}}}}]`;

describe('secrets of a flow', () => {
  it.each([
    http('endpoint: "https://x", headers: {authorization: "Bearer ${ $secrets.token }"}'),
    http('endpoint: "https://x", query: {key: "${ $secrets.token }"}'),
    http('endpoint: "https://x", body: "${ {user: $secrets.db.user} }"'),
    http('endpoint: {uri: "https://x", authentication: {basic: {use: db}}}'),
    http('endpoint: {uri: "https://x", authentication: {bearer: {token: "${ $secrets.token }"}}}'),
    `use: {secrets: [db], authentications: {o: {oidc: {use: db}}}}\ndo: [{a: {set: {x: 1}}}]`,
    `${use}do: [{a: {run: {shell: {command: ls, stdin: "\${ $secrets.token }", environment: {T: "\${ $secrets.token }"}}}}}]`,
    `${use}do: [{a: {call: sql.upsert, with: {connection: c, rows: "\${ [{t: $secrets.token}] }"}}}]`,
  ])('go straight to the wire: %s', (body) => {
    expect(told(body, 'deploy')).toEqual([]);
  });

  it.each([
    ['do: [{a: {set: {x: "${ $secrets.token }"}}}]', '/do/0/a/set/x'],
    ['do: [{a: {if: $secrets.token, set: {x: 1}}}]', '/do/0/a/if'],
    ['do: [{a: {set: {x: 1}, export: {as: "${ $secrets.token }"}}}]', '/do/0/a/export/as'],
    ['do: [{a: {call: f, with: {x: "${ $secrets.token }"}}}]', '/do/0/a/with/x'],
    ['do: [{a: {set: {x: 1}}}]\noutput: {as: "${ $secrets.token }"}', '/output/as'],
    [
      'do: [{a: {raise: {error: {type: "https://x", status: 400, detail: "${ $secrets.token }"}}}}]',
      '/do/0/a/raise/error/detail',
    ],
    ['do: [{a: {run: {shell: {command: ls, arguments: ["${ $secrets.token }"]}}}}]', '/do/0/a/run/shell/arguments/0'],
    [
      'do: [{a: {call: sql.upsert, with: {connection: c, rows: []}, metadata: {pawl: {key: "${ $secrets.token }"}}}}]',
      '/do/0/a/metadata/pawl/key',
    ],
  ])('are refused where they would be kept: %s', (body, path) => {
    for (const purpose of ['check', 'deploy'] as const)
      expect(told(`${use}${body}`, purpose)).toContain(`error SECRET_PLACE ${path}`);
  });

  it.each([
    '$secrets.token | length',
    '@base64 "\\($secrets.token)"',
    'if $secrets.token == "" then 1 else 2 end',
    '$secrets',
  ])('are only passed on: %s', (jq) => {
    const body = http(`endpoint: "https://x", body: ${JSON.stringify(`\${ ${jq} }`)}`);
    expect(told(body)).toEqual(['error SECRET /do/0/a/with/body']);
  });

  it('are found in loose mode, where every text is tried', () => {
    const loose = (more: string) => `evaluate: {mode: loose}\n${http(more)}`;
    expect(told(loose('endpoint: "https://x", body: $secrets.token'), 'deploy')).toEqual([]);
    expect(told(loose('endpoint: "https://x", body: $secrets.token | length'))).toEqual([
      'error SECRET /do/0/a/with/body',
    ]);
    expect(told(`evaluate: {mode: loose}\n${use}do: [{a: {set: {x: $secrets.token}}}]`)).toContain(
      'error SECRET_PLACE /do/0/a/set/x',
    );
  });

  it('are listed in use.secrets, with the nearest name as a hint', () => {
    const body = http(
      'endpoint: {uri: "https://x", authentication: {basic: {use: dbb}}}, headers: {a: "${ $secrets.tokn }"}',
    );
    expect(told(body, 'deploy')).toEqual([
      'error USE_UNKNOWN /do/0/a/with/endpoint/authentication/basic/use',
      'error USE_UNKNOWN /do/0/a/with/headers/a',
    ]);
    expect(told(body)).toEqual([
      'warning USE_UNKNOWN /do/0/a/with/endpoint/authentication/basic/use',
      'warning USE_UNKNOWN /do/0/a/with/headers/a',
    ]);
    expect(checkBody(body).problems[1]?.hint).toContain('token');
  });
});
