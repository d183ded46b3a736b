import type { Outcome } from '@pawl/core';
import { defineAction } from '../action.ts';
import { commonInput, givenBy, runOutput, textInput } from './arguments.ts';
import { runLimits } from './limits.ts';
import { notAllowed } from './permissions.ts';
import { programGuarantees, programOutcome } from './program-outcome.ts';

/** Runs a shell command of the machine, where that is allowed. */
export const shellAction = defineAction({
  name: 'run.shell',
  version: '1.0.0',
  summary: 'Runs a shell command, where PAWL_ALLOW_RUN allows it.',
  input: {
    type: 'object',
    required: ['command'],
    additionalProperties: false,
    properties: { ...commonInput, command: textInput('The command; arguments are $1, $2 and so on.') },
  },
  output: runOutput,
  guarantee: () => 'once',
  declarable: programGuarantees,
  concurrency: runLimits.programs,
  run: async ({ args }, { run, cancellation, left }): Promise<Outcome> => {
    if (!run.allowed.has('shell')) throw notAllowed('shell commands', 'shell');
    const given = givenBy(args);
    let started = false;
    const words = ['sh', '-c', String(args['command']), 'sh', ...given.arguments];
    const end = await run.programs.run({ words, ...given }, cancellation, () => {
      started = true;
      left();
    });
    return programOutcome('The command', end, given.wanted, started);
  },
});
