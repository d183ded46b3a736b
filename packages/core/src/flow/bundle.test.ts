import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../json.ts';
import { bundle } from './bundle.ts';
import { checkFlow } from './check.ts';
import { externalReferences, functionUri } from './external.ts';
import { flowText, hash } from './lint/lint.testsuite.ts';

const check = (body: string, resources: Record<string, string> = {}, purpose: 'check' | 'deploy' = 'deploy') =>
  checkFlow(flowText(body), { hash, purpose, resources: new Map(Object.entries(resources)) });
const told = (result: ReturnType<typeof check>): string[] =>
  result.problems.map(({ severity, code, path }) => `${severity} ${code.replace('PAWL_FLOW_', '')} ${path}`);

const calling = `use: {catalogs: {partner: {endpoint: "https://c.x/"}}}
do: [{a: {call: "double:1.0.0@partner", with: {n: 2}}}]`;
const address = 'https://c.x/functions/double/1.0.0/function.yaml';

describe('what a flow names by address', () => {
  it('is told where it is not there, and the flow is checked without it', () => {
    const result = check(calling);
    expect(result).toMatchObject({
      valid: true,
      problems: [],
      missing: [{ kind: 'function', uri: address, path: '/do/0/a/call' }],
    });
  });

  it('becomes part of the flow, which is another version with another text', () => {
    const result = check(calling, { [address]: 'set: "${ .n * 2 }"' });
    expect(result).toMatchObject({ valid: true, missing: [] });
    expect(result.flow?.document.use?.functions).toEqual({ 'double:1.0.0@partner': { set: '${ .n * 2 }' } });
    expect(result.flow?.document.document.metadata?.pawl).toEqual({
      resources: { [address]: hash.sha256('set: "${ .n * 2 }"') },
    });
    const other = check(calling, { [address]: 'set: "${ .n + .n }"' });
    expect(other.flow?.hash).not.toBe(result.flow?.hash);
  });

  it('is held to the rules of a flow', () => {
    expect(told(check(calling, { [address]: 'sett: 1' }))).toEqual([
      expect.stringMatching(/^error SCHEMA\w* \/use\/functions\/double:1\.0\.0@partner/),
    ]);
    expect(told(check(calling, { [address]: 'set: {x: "${ .x + }"}' }))).toEqual([
      'error EXPRESSION /use/functions/double:1.0.0@partner/set/x',
    ]);
  });

  it.each([
    ['is not read as YAML', '{a: [1'],
    ['is no task', '[1, 2]'],
    ['is several documents', 'a: 1\n---\nb: 2'],
    ['is empty', ''],
  ])('is refused where it %s', (_, text) => {
    expect(told(check(calling, { [address]: text }))).toEqual(['error RESOURCE /do/0/a/call']);
  });

  it('may be a schema or a script', () => {
    const body = `input: {schema: {resource: {endpoint: "https://s.x/order.json"}}}
do:
- a: {run: {script: {language: js, source: {endpoint: {uri: "https://s.x/a.js"}}}}}
- b: {set: {x: 1}, output: {schema: {format: json, resource: {name: o, endpoint: "https://s.x/order.json"}}}}`;
    const schema = '{"type": "object", "required": ["id"]}';
    const result = check(body, { 'https://s.x/order.json': schema, 'https://s.x/a.js': 'console.log(1)' });
    expect(told(result)).toEqual([]);
    expect(result.flow?.document).toMatchObject({
      input: { schema: { document: { type: 'object', required: ['id'] } } },
      do: [
        { a: { run: { script: { language: 'js', code: 'console.log(1)' } } } },
        { b: { output: { schema: { format: 'json', document: { type: 'object' } } } } },
      ],
    });
    expect(JSON.stringify(result.flow?.document)).not.toContain('"resource"');
  });

  it('may name further ones, and its own policy says who asks', () => {
    const nested = {
      'https://f.x/a.yaml': 'call: https://f.x/b.yaml',
      'https://f.x/b.yaml': 'set: {x: 1}',
    };
    const body = 'do: [{t: {call: "https://f.x/a.yaml"}}]';
    expect(check(body, { 'https://f.x/a.yaml': nested['https://f.x/a.yaml'] }).missing).toMatchObject([
      { uri: 'https://f.x/b.yaml' },
    ]);
    expect(check(body, nested)).toMatchObject({ valid: true, missing: [] });
    const document = parse(
      'use: {authentications: {p: {bearer: {token: t}}}, catalogs: {c: {endpoint: {uri: "https://c.x", authentication: {use: p}}}}}\ndo: [{a: {call: "f:1.0.0@c"}}]',
    ) as JsonObject;
    expect(externalReferences(document)).toMatchObject([{ authentication: { bearer: { token: 't' } } }]);
  });

  it('may name itself: that is a function which calls itself', () => {
    const body = 'do: [{t: {call: "https://f.x/a.yaml"}}]';
    expect(check(body, { 'https://f.x/a.yaml': 'call: https://f.x/a.yaml' })).toMatchObject({ valid: true });
  });

  it('leaves the document that was read as it is', () => {
    const document = parse('do: [{t: {call: "https://f.x/a.yaml"}}]') as JsonObject;
    const before = JSON.stringify(document);
    bundle(document, new Map([['https://f.x/a.yaml', 'set: {x: 1}']]), hash);
    expect(JSON.stringify(document)).toBe(before);
  });

  it('is refused where it would name what every object has', () => {
    const called = 'use: {catalogs: {c: {endpoint: "https://c.x"}}}\ndo: [{a: {call: "f:1.0.0@c"}}]';
    const text = '{"set": {"__proto__": {"polluted": true}}}';
    expect(told(check(called, { 'https://c.x/functions/f/1.0.0/function.yaml': text }))).toEqual([
      'error RESOURCE /do/0/a/call',
    ]);
  });
});

describe('the address of a function', () => {
  it.each([
    ['https://c.x', 'https://c.x/functions/f/1.0.0/function.yaml'],
    ['https://c.x/base/', 'https://c.x/base/functions/f/1.0.0/function.yaml'],
    ['https://github.com/o/r', 'https://raw.githubusercontent.com/o/r/main/functions/f/1.0.0/function.yaml'],
    ['https://github.com/o/r/tree/v2', 'https://raw.githubusercontent.com/o/r/v2/functions/f/1.0.0/function.yaml'],
    ['https://gitlab.com/g/s/r', 'https://gitlab.com/g/s/r/-/raw/main/functions/f/1.0.0/function.yaml'],
    ['https://gitlab.com/g/r/-/tree/dev', 'https://gitlab.com/g/r/-/raw/dev/functions/f/1.0.0/function.yaml'],
  ])('in the catalog %s is a plain file', (endpoint, uri) => {
    expect(functionUri(endpoint, 'f', '1.0.0')).toBe(uri);
  });
});
