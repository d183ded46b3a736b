import { env } from 'node:process';
import { tmpdir } from 'node:os';
import { isObject, PawlError } from '@pawl/core';
import type { ActionRequest, Cancellation, Json, JsonObject, Outcome } from '@pawl/core';
import { defineAction } from '../action.ts';
import type { ActionContext } from '../action.ts';
import { commonInput, givenBy, runOutput, textInput } from './arguments.ts';
import type { Given } from './arguments.ts';
import { withEnvironmentFile } from './environment-file.ts';
import { pathOf, programPath } from './jail.ts';
import { runLimits } from './limits.ts';
import { notAllowed } from './permissions.ts';
import { programGuarantees, programOutcome } from './program-outcome.ts';
import { runProgram } from './program.ts';
import type { ProgramStart } from './program.ts';

/** Runs a container to its end by Docker or Podman, where that is allowed. */
export const containerAction = defineAction({
  name: 'run.container',
  version: '1.0.0',
  summary: 'Runs a container to its end, where PAWL_ALLOW_RUN allows it.',
  input: {
    type: 'object',
    required: ['image'],
    additionalProperties: false,
    properties: {
      ...commonInput,
      image: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@-]*$', description: 'The image.' },
      name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', description: "The container's name." },
      command: textInput('A command for the shell of the container; arguments are $1, $2 and so on.'),
      ports: { type: 'object', description: 'Ports of this machine, on 127.0.0.1, to ports of the container.' },
      volumes: { type: 'object', description: 'Folders or volumes of this machine to folders of the container.' },
      pullPolicy: { enum: ['ifNotPresent', 'always', 'never'], description: 'Default: ifNotPresent.' },
      lifetime: {
        type: 'object',
        properties: { cleanup: { enum: ['always', 'never'] } },
        description: 'Whether the container is removed after its end. Default: always.',
      },
    },
  },
  output: runOutput,
  guarantee: () => 'once',
  declarable: programGuarantees,
  concurrency: runLimits.programs,
  run: runContainer,
});

async function runContainer({ args, key }: ActionRequest, context: ActionContext): Promise<Outcome> {
  const { allowed } = context.run;
  if (!allowed.has('container')) throw notAllowed('containers', 'container');
  if (args['ports'] !== undefined && !allowed.has('container-network'))
    throw notAllowed('containers with a network', 'container', 'container-network');
  if (args['volumes'] !== undefined && !allowed.has('container-volumes'))
    throw notAllowed('containers that see folders of the machine', 'container', 'container-volumes');
  const given = givenBy(args);
  const engine = await findEngine(context.cancellation);
  const name = typeof args['name'] === 'string' ? args['name'] : `pawl-${key.replace(/[^A-Za-z0-9_.-]/g, '-')}`;
  const network = allowed.has('container-network');
  const end = await withEnvironmentFile(given.environment, async (file) => {
    if (context.cancellation.cancelled) return undefined;
    const start = containerStart(engine, args, given, { name, network, file });
    context.left();
    const ended = await runProgram(start, context.cancellation);
    // The engine's client has ended; the container itself may go on.
    if (ended === 'given up') await runProgram({ ...start, words: [engine, 'rm', '--force', name], stdin: '' }, never);
    return ended;
  });
  if (end === undefined) return { kind: 'cancelled' };
  return programOutcome('The container', end, given.wanted, true);
}

interface Setting {
  readonly name: string;
  readonly network: boolean;
  /** The file of environment variables. */
  readonly file: string;
}

/** How the engine's client is started. The step's environment is in the file alone. */
export function containerStart(engine: string, args: JsonObject, given: Given, setting: Setting): ProgramStart {
  const words = [engine, ...containerWords(args, given, setting)];
  return { words, folder: tmpdir(), stdin: given.stdin, environment: engineEnvironment() };
}

/** The words of `run`. */
function containerWords(args: JsonObject, given: Given, { name, network, file }: Setting): readonly string[] {
  const pull = { ifNotPresent: 'missing', always: 'always', never: 'never' }[
    String(args['pullPolicy'] ?? 'ifNotPresent')
  ];
  const lifetime = isObject(args['lifetime']) ? args['lifetime']['cleanup'] : 'always';
  const { command } = args;
  return [
    ...['run', '--interactive', '--name', name, '--pull', pull ?? 'missing'],
    ...(lifetime === 'never' ? [] : ['--rm']),
    ...(network ? [] : ['--network', 'none']),
    ...['--env-file', file],
    ...pairs(args['ports']).flatMap(([outside, inside]) => ['--publish', `127.0.0.1:${outside}:${inside}`]),
    ...pairs(args['volumes']).flatMap(([outside, inside]) => ['--volume', `${outside}:${inside}`]),
    ...(command === undefined ? [] : ['--entrypoint', 'sh']),
    String(args['image']),
    ...(command === undefined ? [] : ['-c', String(command), 'sh']),
    ...given.arguments,
  ];
}

function pairs(value: Json | undefined): readonly (readonly [string, string])[] {
  return isObject(value) ? Object.entries(value).map(([outside, inside]) => [outside, String(inside)] as const) : [];
}

/** Docker or Podman, the first that answers. */
async function findEngine(cancellation: Cancellation): Promise<string> {
  for (const name of ['docker', 'podman']) {
    const path = pathOf(name);
    if (path === undefined) continue;
    const asked = { words: [path, 'info'], folder: tmpdir(), stdin: '', environment: engineEnvironment() };
    const end = await runProgram(asked, cancellation);
    if (typeof end === 'object' && 'code' in end && end.code === 0) return path;
  }
  throw new PawlError('PAWL_RUN_MISSING', 'Neither Docker nor Podman answers on the machine that runs Pawl.');
}

/** What the engine's client needs to find its engine and its registries. */
function engineEnvironment(): Record<string, string> {
  const known = ['HOME', 'DOCKER_HOST', 'XDG_RUNTIME_DIR'].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), PATH: programPath };
}

const never: Cancellation = { cancelled: false, onCancel: () => undefined };
