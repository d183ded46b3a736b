import { describe, expect, it } from 'vitest';
import { checkBody, told } from './lint.testsuite.ts';

const shell = (given: string, pawl = '') =>
  `do: [{a: {run: {shell: {${given}}}${pawl === '' ? '' : `, metadata: {pawl: {${pawl}}}`}}}]`;
const script = (code: string) => `do: [{a: {run: {script: {language: js, code: ${JSON.stringify(code)}}}}}]`;

describe('programs that a flow runs', () => {
  it('may be scripts, shell commands and containers', () => {
    expect(told(script('console.log(1)'), 'deploy')).toEqual([]);
    expect(told(shell('command: ls, arguments: ["${ .folder }"], environment: {A: "${ .a }"}'), 'deploy')).toEqual([]);
    expect(told('do: [{a: {run: {container: {image: alpine}, return: all}}}]', 'deploy')).toEqual([]);
  });

  it('have texts of their own, in which ${ } is not ours', () => {
    expect(told(script('console.log(`${name} ${1 + 1} ${[1]}`)'), 'deploy')).toEqual([]);
    expect(told(shell('command: "echo ${HOME} ${#1} ${x:-y}"'), 'deploy')).toEqual([]);
  });

  it('do not get data into these texts', () => {
    const body = shell('command: "echo Hello, ${.user.name}"');
    expect(told(body)).toEqual(['warning PROGRAM_TEXT /do/0/a/run/shell/command']);
    expect(told(body, 'deploy')).toEqual(['error PROGRAM_TEXT /do/0/a/run/shell/command']);
    expect(checkBody(body).problems[0]?.hint).toContain('"$1"');
    expect(told(script('console.log("${ .name }")'), 'deploy')).toEqual(['error PROGRAM_TEXT /do/0/a/run/script/code']);
  });

  it('have expressions everywhere else, and a text that is one as a whole', () => {
    expect(told(shell('command: "${ .command ] }"'))).toEqual(['error EXPRESSION /do/0/a/run/shell/command']);
    expect(told(shell('command: ls, stdin: "${ .command ] }"'))).toEqual(['error EXPRESSION /do/0/a/run/shell/stdin']);
  });

  it('have arguments that are checked where Pawl is to run them', () => {
    const ruby = 'do: [{a: {run: {script: {language: ruby, code: "1"}}}}]';
    expect(told(ruby)).toEqual(['warning ACTION_INPUT /do/0/a/run/script/language']);
    expect(told(ruby, 'deploy')).toEqual(['error ACTION_INPUT /do/0/a/run/script/language']);
  });

  it('may have a contract like any effect', () => {
    expect(told(shell('command: ls', 'guarantee: idempotent, attempts: {timeout: PT5M}'), 'deploy')).toEqual([]);
    expect(told(shell('command: ls', 'guarantee: keyed'), 'deploy')).toEqual([
      'error GUARANTEE /do/0/a/metadata/pawl/guarantee',
    ]);
    const retried = (run: string) => `do: [{t: {try: [{a: {run: ${run}}}], catch: {retry: {delay: PT1S}}}}]`;
    expect(told(retried('{shell: {command: ls}}'))).toEqual(['warning RETRY_ONCE /do/0/t/try/0/a']);
    expect(told(retried('{script: {language: js, code: "1"}}'))).toEqual([]);
  });
});

describe('runs of other flows', () => {
  const run = (more: string) => `{a: {run: {workflow: {namespace: n, name: f, version: 1.0.0}${more}}}}`;
  const retried = (task: string) => `do: [{t: {try: [${task}], catch: {retry: {delay: PT1S}}}}]`;

  it('begin anew where a retry meets one that faulted', () => {
    expect(told(`do: [${run('')}]`)).toEqual([]);
    expect(told(retried(run('')))).toEqual(['warning RETRY_RUN /do/0/t/try/0/a']);
    expect(told(retried(run(', await: false')))).toEqual([]);
  });

  it('have no contract: the effects are those of the other flow', () => {
    const declared = `do: [{a: {run: {workflow: {namespace: n, name: f, version: 1.0.0}}, metadata: {pawl: {guarantee: once}}}}]`;
    expect(told(declared)).toEqual(['error CONTRACT_PLACE /do/0/a/metadata/pawl/guarantee']);
  });
});
