import { describe, expect, it } from 'vitest';
import { told } from './lint.testsuite.ts';

const one = '[{b: {set: {x: 1}}}]';
const http = (authentication: string) =>
  `do: [{a: {call: http, with: {method: get, endpoint: {uri: "https://x", authentication: ${authentication}}}}}]`;

describe('what the language has and Pawl does not run yet', () => {
  it.each([
    ['going on without waiting', 'do: [{a: {run: {shell: {command: ls}, await: false}}}]', '/do/0/a/run/await'],
    [
      'a container that is removed later',
      'do: [{a: {run: {container: {image: i, lifetime: {cleanup: eventually, after: PT1H}}}}}]',
      '/do/0/a/run/container/lifetime',
    ],
    ['the variable of authorization', 'do: [{a: {set: "${ $authorization }"}}]', '/do/0/a/set'],
    [
      'a grant that needs a browser',
      http('{oauth2: {authority: "https://a", grant: authorization_code}}'),
      '/do/0/a/with/endpoint/authentication/oauth2/grant',
    ],
    [
      'a template in an authority',
      http('{oidc: {authority: "https://a/{tenant}", grant: client_credentials}}'),
      '/do/0/a/with/endpoint/authentication/oidc/authority',
    ],
    [
      'an assertion that Pawl would have to sign with a private key',
      http('{oauth2: {authority: "https://a", grant: client_credentials, client: {authentication: private_key_jwt}}}'),
      '/do/0/a/with/endpoint/authentication/oauth2/client/authentication',
    ],
    [
      'a schema in another language',
      `input: {schema: {format: avro, document: {}}}\ndo: ${one}`,
      '/input/schema/format',
    ],
    ['another language of expressions', `evaluate: {language: js}\ndo: ${one}`, '/evaluate/language'],
  ])('is a warning to check and an error to deploy: %s', (_, body, path) => {
    expect(told(body)).toEqual([`warning NOT_YET ${path}`]);
    expect(told(body, 'deploy')).toEqual([`error NOT_YET ${path}`]);
  });

  it('leaves alone what is built', () => {
    expect(told(`do: [{a: {fork: {branches: ${one}}}}]`, 'deploy')).toEqual([]);
    const service = 'proto: {endpoint: "https://x"}, service: {name: s, host: h}, method: m';
    expect(told(`do: [{a: {call: grpc, with: {${service}}}}]`, 'deploy')).toEqual([]);
    const published = 'document: {endpoint: "https://x"}, operation: o, message: {payload: {a: 1}}';
    expect(told(`do: [{a: {call: asyncapi, with: {${published}}}}]`, 'deploy')).toEqual([]);
    expect(told('do: [{a: {call: a2a, with: {method: message/send, server: "https://x"}}}]', 'deploy')).toEqual([]);
    expect(
      told('do: [{a: {call: mcp, with: {method: tools/list, transport: {stdio: {command: x}}}}}]', 'deploy'),
    ).toEqual([]);
    expect(
      told('do: [{a: {call: openapi, with: {document: {endpoint: "https://x"}, operationId: o}}}]', 'deploy'),
    ).toEqual([]);
    expect(told(http('{bearer: {token: "${ .token }"}}'), 'deploy')).toEqual([]);
    expect(told(http('{basic: {username: u, password: p}}'), 'deploy')).toEqual([]);
    expect(told(http('{digest: {username: u, password: p}}'), 'deploy')).toEqual([]);
    for (const kind of ['oauth2', 'oidc']) {
      expect(told(http(`{${kind}: {authority: "https://a", grant: client_credentials}}`), 'deploy')).toEqual([]);
      const signed = 'client: {authentication: private_key_jwt, assertion: "${ .signed }"}';
      expect(told(http(`{${kind}: {authority: "https://a", grant: client_credentials, ${signed}}}`), 'deploy')).toEqual(
        [],
      );
    }
  });
});
