import { parse } from 'yaml';
import type { Json } from '../../json.ts';

const head = (name: string): string => `document: { dsl: 1.0.3, namespace: rare, name: ${name}, version: 1.0.0 }\n`;

const bodies: Readonly<Record<string, string>> = {
  extensions: `
use:
  extensions:
    - log: { extend: all, when: '\${ .a }', before: [ { a: { set: { n: 1 } } } ], after: [ { b: { wait: PT1S } } ] }
    - mock: { extend: composite, before: [ { a: { set: { n: 1 }, then: exit } } ] }
do: [ { a: { do: [ { b: { set: { n: 1 } } } ] } } ]`,
  catalogs: `
use:
  catalogs:
    plain: { endpoint: https://catalog.example }
    guarded: { endpoint: { uri: https://catalog.example, authentication: { basic: { username: u, password: p } } } }
  timeouts: { short: { after: PT1S }, long: { after: { hours: 1 } } }
  secrets: [ one, two ]
do: [ { a: { call: 'f:1.0.0@plain', with: { n: 1 }, timeout: short } } ]`,
  policies: `
use:
  authentications:
    a: { digest: { username: u, password: p } }
    b: { basic: { use: one } }
    c: { bearer: { use: one } }
    d: { oauth2: { authority: https://id.example, grant: client_credentials, client: { id: i, secret: s, authentication: client_secret_basic }, scopes: [ x ] } }
  errors: { e: { type: https://x.example/e, status: 400, title: t, detail: d } }
  retries: { r: { delay: PT1S, backoff: { exponential: { factor: 2 } }, jitter: { from: PT0S, to: PT1S }, limit: { attempt: { count: 2, duration: PT1M }, duration: PT1H } } }
do: [ { a: { try: [ { b: { raise: { error: e } } } ], catch: { retry: r, then: end } } } ]`,
  schedule: `
evaluate: { language: jq, mode: loose }
schedule:
  on: { any: [ { with: { type: a } } ], until: { one: { with: { type: b } } } }
  read: envelope
timeout: { after: P1D }
do: [ { a: { set: { n: 1 } } } ]`,
  events: `
do:
  - a: { emit: { event: { with: { id: i, source: /s, type: t, time: '2026-01-01T00:00:00Z', subject: s, datacontenttype: application/json, dataschema: https://x.example, data: { n: 1 }, more: 1 } } } }
  - b:
      listen: { to: { all: [ { with: { type: a }, correlate: { k: { from: .k, expect: '1' } } } ] }, read: raw }
      foreach: { item: i, at: n, do: [ { c: { set: { n: 1 } } } ], output: { as: .n }, export: { as: .n } }
  - d: { listen: { to: { any: [], until: '\${ . }' } } }`,
  runs: `
do:
  - a: { run: { shell: { command: ls, arguments: [ a ], environment: { A: b }, stdin: s }, return: all, await: false } }
  - b: { run: { container: { image: i, name: n, command: c, ports: { '80': 81 }, volumes: { a: b }, environment: { A: b }, lifetime: { cleanup: eventually, after: PT1M } } } }
  - c: { run: { script: { language: python, source: { endpoint: https://x.example/a.py }, arguments: [ a ] } } }
  - d: { run: { workflow: { namespace: n, name: w, version: latest, input: { a: 1 } } } }`,
  protocols: `
do:
  - a: { call: grpc, with: { proto: { endpoint: https://x.example/a.proto }, service: { name: S, host: h, port: 1, authentication: { use: p } }, method: M, arguments: { a: 1 } } }
  - b: { call: mcp, with: { protocolVersion: '2025-06-18', method: tools/call, parameters: { name: n }, timeout: PT1S, transport: { http: { endpoint: https://x.example, headers: { a: b } } }, client: { name: c, version: '1' } } }
  - c: { call: mcp, with: { method: tools/list, transport: { stdio: { command: c, arguments: [ a ], environment: { A: b } } } } }
  - d: { call: a2a, with: { method: message/send, server: { uri: https://x.example }, parameters: { message: {} } } }
  - e: { call: a2a, with: { method: tasks/get, agentCard: { endpoint: https://x.example/card }, parameters: '\${ .p }' } }
  - f: { call: asyncapi, with: { document: { endpoint: https://x.example/a }, channel: c, server: { name: s, variables: { v: 1 } }, protocol: http, message: { payload: { a: 1 }, headers: { b: 1 } } } }`,
};

/** Documents with what the official examples lack, as a start for mutations. */
export const rareDocuments: readonly { readonly name: string; readonly document: Json }[] = Object.entries(bodies).map(
  ([name, body]) => ({ name, document: parse(head(name) + body) as Json }),
);
