import { isObject } from '../../json.ts';
import { member } from '../member.ts';
import { isOwnText, programOf } from '../program-task.ts';
import { notYet, refuseToRun } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** What `run` has and Pawl does not run, and expressions that a program would take for its own text. */
export function lintRuns(lint: Lint): void {
  for (const site of lint.sites.tasks) if (site.kind === 'run') lintRun(lint, site);
}

function lintRun(lint: Lint, { task, path }: TaskSite): void {
  const { run } = task;
  if (!isObject(run)) return;
  if (run['await'] === false && run['workflow'] === undefined)
    notYet(lint, `${path}/run/await`, 'Going on without waiting for the end (await: false) is', 'leave await out');
  if (member(member(run['container'], 'lifetime'), 'cleanup') === 'eventually')
    notYet(lint, `${path}/run/container/lifetime`, 'Containers that are removed later are', 'write cleanup: always');
  lintText(lint, task, path);
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
