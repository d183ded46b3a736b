import { describe, expect, it } from 'vitest';
import { httpGuarantee } from '../guarantee/classes.ts';
import type { JsonObject } from '../json.ts';
import type { ActionDescription } from '../ports.ts';
import { compileFlow } from './compile.ts';
import { evaluateTemplate } from './expression.ts';

function describeAction(name: string): ActionDescription | undefined {
  if (!name.startsWith('run.')) return undefined;
  return {
    ...{ name, version: '1.0.0', summary: name, input: {}, output: {}, declarable: [] },
    ...{ guarantee: () => httpGuarantee('post', undefined), target: () => name, concurrency: 1, timeoutMs: 1 },
  };
}

/** The action that a task calls, and its arguments for an input. */
function called(run: JsonObject, input: JsonObject): unknown {
  const document = { dsl: '1.0.3', namespace: 'test', name: 'runs', version: '1.0.0' };
  const [node] = compileFlow({ document, do: [{ a: { run } }] }, { describe: describeAction }).main.tasks;
  if (node === undefined || !('action' in node)) return undefined;
  return [node.action, evaluateTemplate(node.args, input, { get: () => null, now: 0 })];
}

describe('a task that runs a program', () => {
  it.each(['script', 'shell', 'container'])('is a call of an action: %s', (kind) => {
    const given = { stdin: '${ .x }', arguments: ['${ .y }', 'z'], environment: { A: 'a ${ .y }' } };
    expect(called({ [kind]: given, return: 'all', await: true }, { x: { n: 1 }, y: 'why' })).toEqual([
      `run.${kind}`,
      { stdin: { n: 1 }, arguments: ['why', 'z'], environment: { A: 'a why' }, return: 'all', await: true },
    ]);
  });

  it('keeps the text of the program as it stands', () => {
    const code = 'console.log(`${name} ${ [1, 2] }`)';
    expect(called({ script: { language: 'js', code } }, {})).toEqual(['run.script', { language: 'js', code }]);
    const command = 'echo ${HOME} "${1:-none}" ${ .never }';
    expect(called({ shell: { command } }, {})).toEqual(['run.shell', { command }]);
  });

  it('takes a text that is one expression as that', () => {
    expect(called({ script: { language: 'js', code: '${ .code }' } }, { code: '1' })).toEqual([
      'run.script',
      { language: 'js', code: '1' },
    ]);
  });

  it('takes secrets where nobody else on the machine sees them, and nowhere else', () => {
    const shell = (more: object) => called({ shell: { command: 'x', ...more } }, {});
    const secret = '${ $secrets.t }';
    for (const given of [{ arguments: [secret] }, { command: secret }])
      expect(() => shell(given)).toThrow(expect.objectContaining({ code: 'PAWL_FLOW_INVALID' }) as Error);
    // Compiled, it is evaluated where no secret may be named.
    for (const given of [{ stdin: secret }, { environment: { A: secret } }])
      expect(() => shell(given)).toThrow(/names a secret/);
  });

  it('is no call of an action where it runs a flow', () => {
    expect(called({ workflow: { namespace: 'n', name: 'f', version: '1.0.0' } }, {})).toBeUndefined();
  });
});
