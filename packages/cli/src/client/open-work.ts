import type { Json, JsonObject } from '@pawl/core';
import { answerLine } from './decide.ts';
import { cell, time } from './words.ts';

/** Parts of a run's open work that are shown to people; a wide `fork` may have thousands. */
const mostShown = 10;

/** What a run does and waits for, as rows of a table: a label and a text. `reasons`: of the questions, by their ids. */
export function openRows(run: JsonObject, reasons: ReadonlyMap<string, string>): [string, string][] {
  const open = openOf(run);
  const questions = open.filter(isQuestion);
  const others = open.filter((work) => !isQuestion(work) && work['kind'] !== 'continue');
  const rows = [...questions.slice(0, mostShown).flatMap((work) => questionRows(work, reasons))];
  for (const work of others.slice(0, mostShown)) rows.push(['waits', waitText(work)]);
  const hidden = [questions, others].reduce((sum, list) => sum + Math.max(0, list.length - mostShown), 0);
  return hidden === 0 ? rows : [...rows, ['more', `${hidden} others; --json shows all`]];
}

/** What has to happen before a run that is asked to cancel ends: one sentence each. */
export function lastSteps(run: JsonObject): string[] {
  return (
    openOf(run)
      // What a step asks is dropped at once.
      .filter((work) => (isQuestion(work) && work['asks'] === undefined) || work['kind'] === 'attempt')
      .slice(0, mostShown)
      .map((work) =>
        isQuestion(work)
          ? `It ends once the question ${cell(work['decision'])} is answered: ${answerLine(cell(work['decision']), work['asks'] !== undefined)}`
          : `It ends once the answer of ${cell(work['target']) || 'the target'} to the step ${cell(work['name'])} is known.`,
      )
  );
}

function openOf({ open }: JsonObject): readonly JsonObject[] {
  return Array.isArray(open) ? (open as JsonObject[]) : [];
}

function isQuestion({ kind }: JsonObject): boolean {
  return kind === 'decision';
}

function questionRows(work: JsonObject, reasons: ReadonlyMap<string, string>): [string, string][] {
  const id = cell(work['decision']);
  return [
    ['question', cell(work['asks']) || (reasons.get(id) ?? 'Did the effect take place?')],
    ['decision', id],
    ['step', stepText(work)],
    ['answer', answerLine(cell(work['decision']), work['asks'] !== undefined)],
  ];
}

function stepText({ name, step }: JsonObject): string {
  return name === undefined ? 'the run itself' : `${cell(name)} (${cell(step)})`;
}

function waitText(work: JsonObject): string {
  const target = cell(work['target']) || 'its target';
  const what: Record<string, string> = {
    attempt: `for the answer of ${target}, attempt ${cell(work['attempt']) || '1'}`,
    permit: `for a place at ${target}`,
    page: 'for a page',
    event: `for an event${wantedText(work['events'])}`,
    child: `for run ${cell(work['child'])}`,
  };
  const until = work['until'] === undefined ? [] : [`until ${time(work['until'])}`];
  const error = errorOf(work['error']);
  const last = error === '' ? [] : [`the last error: ${error}`];
  const told = [what[cell(work['kind'])], ...until].filter(Boolean).join(', ');
  return [`${stepText(work)} ${told}`, ...last].join('; ');
}

/** Types of the events that are waited for; of those without a type, their attributes. */
function wantedText(events: Json | undefined): string {
  const filters = Array.isArray(events) ? (events as JsonObject[]) : [];
  const texts = filters.map(({ type, ...others }) => {
    const rest = Object.entries(others).map(([name, value]) => `${name}=${cell(value)}`);
    return [type === undefined ? 'any type' : cell(type), ...rest].join(' ');
  });
  return texts.length === 0 ? '' : ` (${[...new Set(texts)].join('; ')})`;
}

function errorOf(error: Json | undefined): string {
  const { detail, title, type } = (error ?? {}) as JsonObject;
  return cell(detail ?? title ?? type);
}
