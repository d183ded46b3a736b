import type { ActionRequest, JsonObject, Outcome } from '@pawl/core';
import { isObject } from '@pawl/core';
import { defineAction } from '../action.ts';
import type { ActionContext } from '../action.ts';
import { terminal } from '../failures.ts';
import { commonInput, givenBy, runOutput, textInput } from './arguments.ts';
import { endedOutcome } from './ended.ts';
import { runLimits } from './limits.ts';
import { notAllowed } from './permissions.ts';
import { programGuarantees, programOutcome } from './program-outcome.ts';

/** Runs a script: JavaScript in a sandbox, Python on the machine where that is allowed. */
export const scriptAction = defineAction({
  name: 'run.script',
  version: '1.0.0',
  summary: 'Runs a script: JavaScript in a sandbox, or Python where PAWL_ALLOW_RUN allows it.',
  input: {
    type: 'object',
    required: ['language', 'code'],
    additionalProperties: false,
    properties: {
      ...commonInput,
      language: { enum: ['js', 'javascript', 'python'], description: 'The language.' },
      code: textInput('The script; in JavaScript an ES module.'),
      arguments: {
        anyOf: [commonInput.arguments, { type: 'object', maxProperties: runLimits.arguments }],
        description: 'The arguments: a list, in order, or values by name.',
      },
    },
  },
  output: runOutput,
  guarantee: (args) => (args['language'] === 'python' ? 'once' : 'pure'),
  declarable: programGuarantees,
  concurrency: runLimits.scripts,
  target: (args) => (args['language'] === 'python' ? 'run.python' : 'run.script'),
  run: (request, context) => (request.args['language'] === 'python' ? runPython : runJavaScript)(request, context),
});

async function runJavaScript({ args }: ActionRequest, { run, cancellation }: ActionContext): Promise<Outcome> {
  const given = givenBy(args);
  const names = namesOf(args);
  const ended = await run.scripts.run(
    {
      code: String(args['code']),
      list: given.arguments,
      stdin: given.stdin,
      environment: given.environment,
      ...(names === undefined ? {} : { names }),
    },
    cancellation,
  );
  if (ended !== undefined) return endedOutcome('The script', ended, given.wanted);
  // Nothing outside can change how long it takes, so that another attempt would end like this one.
  if (cancellation.late === true) return terminal('timeout', 'The script did not end in time and was stopped.');
  return { kind: 'cancelled' };
}

/** Gives the script its named arguments as variables; it stands in a file so that errors have their lines. */
const pythonStart = `import json, sys
sys.argv = ["script.py", *sys.argv[1:]]
with open("arguments.json", encoding="utf-8") as file: names = json.load(file)
with open("script.py", encoding="utf-8") as file: code = compile(file.read(), "script.py", "exec")
exec(code, {"__name__": "__main__", **names})`;

async function runPython({ args }: ActionRequest, { run, cancellation, left }: ActionContext): Promise<Outcome> {
  if (!run.allowed.has('python')) throw notAllowed('Python', 'python');
  const given = givenBy(args);
  const names = namesOf(args);
  const files = {
    'script.py': String(args['code']),
    'arguments.json': JSON.stringify({ ...names, arguments: names ?? given.arguments }),
  };
  let started = false;
  const words = ['python3', '-I', '-B', '-c', pythonStart, ...given.arguments];
  const end = await run.programs.run({ words, files, ...given }, cancellation, () => {
    started = true;
    left();
  });
  return programOutcome('The script', end, given.wanted, started);
}

function namesOf(args: JsonObject): JsonObject | undefined {
  return isObject(args['arguments']) ? args['arguments'] : undefined;
}
