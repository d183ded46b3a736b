import { isObject } from '../../json.ts';
import { member } from '../member.ts';
import { isOwnText, programOf } from '../program-task.ts';
import { notYet, refuseToRun, warn } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** What `run` has and Pawl does not run, and expressions that a program would take for its own text. */
export function lintRuns(lint: Lint): void {
  for (const site of lint.sites.tasks) if (site.kind === 'run') lintRun(lint, site);
}

function lintRun(lint: Lint, site: TaskSite): void {
  const { task, path } = site;
  const { run } = task;
  if (!isObject(run)) return;
  if (run['await'] === false && run['workflow'] === undefined)
    notYet(lint, `${path}/run/await`, 'Going on without waiting for the end (await: false) is', 'leave await out');
  if (member(member(run['container'], 'lifetime'), 'cleanup') === 'eventually')
    notYet(lint, `${path}/run/container/lifetime`, 'Containers that are removed later are', 'write cleanup: always');
  lintText(lint, task, path);
  lintRetried(lint, site);
}

/** A run that faulted is not gone on with by a retry: it is another one. */
function lintRetried(lint: Lint, { task, path, retried }: TaskSite): void {
  const { run } = task;
  if (!retried || !isObject(run) || run['workflow'] === undefined || run['await'] === false) return;
  warn(
    lint,
    'PAWL_FLOW_RETRY_RUN',
    path,
    'Where the other flow faults, a retry runs it again from its beginning: what it did before it faulted is done once more.',
    'put the retry around the steps of the other flow that may fail',
  );
}

/** `${ .name }` is nothing that a script, a shell or a container would understand. */
const jqWithin = /\$\{\s*\.[A-Za-z_["]/;

function lintText(lint: Lint, task: TaskSite['task'], path: string): void {
  const program = programOf(task);
  if (program === undefined) return;
  const text = program.given[program.text];
  if (typeof text !== 'string' || !isOwnText(text) || !jqWithin.test(text)) return;
  refuseToRun(
    lint,
    'PAWL_FLOW_PROGRAM_TEXT',
    `${path}/run/${program.kind}/${program.text}`,
    'An expression inside of a program is not evaluated, so that data never becomes part of what is run.',
    program.kind === 'script'
      ? 'give the value as an argument, and read it there: arguments: ["${ .name }"]'
      : 'give the value as an argument, and write "$1" in its place: arguments: ["${ .name }"]',
  );
}
