import { ensureError, errors, type FlowError, isObject, PawlError } from '@pawl/core';
import type { OpenWork, PublicRun } from '@pawl/server';

/** A problem document (RFC 9457) with what else is known. */
export interface ProblemDocument {
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
  readonly [more: string]: unknown;
}

/** Writes a problem document on a line of its own on stderr. */
export function printProblem(problem: ProblemDocument): void {
  process.stderr.write(`${JSON.stringify(problem)}\n`);
}

/** The error with which a run faulted; `instance` is the step that raised it. */
export function faultProblem(run: PublicRun): ProblemDocument {
  const { type, status, title, detail, instance, ...more } = (run.error ?? {}) as Partial<FlowError>;
  return {
    type: type ?? 'about:blank',
    status: status ?? 500,
    title: title ?? 'The run faulted',
    detail: detail ?? '',
    instance: instance ?? '/',
    ...more,
    run: run.id,
  };
}

/** The end of a run that somebody cancelled. */
export function cancelProblem(run: PublicRun): ProblemDocument {
  return {
    type: typeOf('PAWL_RUN_CANCELLED'),
    status: 409,
    title: 'The run was cancelled',
    detail: `Run ${run.id} was cancelled.`,
    instance: '/',
    run: run.id,
  };
}

/** A run that has not ended: what it waits for, and the last error of what it tries. */
export function waitingProblem(run: PublicRun, why: string): ProblemDocument {
  const first = mostTelling(run.open);
  return {
    type: typeOf('PAWL_RUN_WAITING'),
    status: 408,
    title: 'The run has not ended',
    detail: `Run ${run.id} ${why}: ${first === undefined ? `it is ${run.status}` : sentenceOf(first)}. It is kept; run the same file with the same --key, or start Pawl, and it goes on.`,
    instance: first?.step ?? '/',
    run: run.id,
    runStatus: run.status,
    waitingFor: run.waitingFor,
    open: run.open.map(({ until, ...work }) => ({
      ...work,
      ...(until === undefined ? {} : { until: isoTime(until) }),
    })),
    ...(first?.error === undefined ? {} : { lastError: first.error }),
  };
}

/** What failed goes before what is under way, that before what only a person can do, and a step before the run's own deadline. */
function mostTelling(open: readonly OpenWork[]): OpenWork | undefined {
  const failed = open.find(({ error }) => error !== undefined) ?? open.find(({ kind }) => kind === 'attempt');
  const asked = open.find(({ kind }) => kind === 'decision');
  return failed ?? asked ?? open.find(({ step }) => step !== undefined) ?? open[0];
}

/** What kept a command from running a flow. */
export function errorProblem(error: unknown): ProblemDocument {
  if (!(error instanceof PawlError))
    return {
      type: typeOf('PAWL_INTERNAL'),
      status: 500,
      title: 'Pawl failed',
      detail: ensureError(error).message,
      instance: '/',
    };
  const { code, status, message, hint, extra } = error;
  return {
    type: typeOf(code),
    status,
    title: errors[code].text,
    detail: message,
    instance: pathOf(extra),
    code,
    hint,
    ...extra,
  };
}

/** Types of problems that are not the flow's own, as the HTTP API names them. */
function typeOf(code: string): string {
  return `urn:pawl:error:${code}`;
}

/** Where in the document or the input the first problem is. */
function pathOf({ problems }: Readonly<Record<string, unknown>>): string {
  const first: unknown = Array.isArray(problems) ? problems[0] : undefined;
  const path = isObject(first as never) ? (first as { path?: unknown }).path : undefined;
  return typeof path === 'string' && path !== '' ? path : '/';
}

function sentenceOf({ kind, name, until, attempt, target, decision, asks, error }: OpenWork): string {
  const step = name === undefined ? 'the run' : `the step ${name}`;
  const last = error === undefined ? '' : `; the last error: ${error.detail ?? error.title ?? error.type}`;
  const till = until === undefined ? '' : ` until ${isoTime(until)}`;
  switch (kind) {
    case 'attempt':
      return `${step} waits for the answer of ${target ?? 'its target'} (attempt ${attempt ?? 1})${last}`;
    case 'permit':
      return `${step} waits for a place at ${target ?? 'its target'}${last}`;
    case 'timer':
      return `${step} waits${till}${last}`;
    case 'decision':
      if (asks !== undefined) return `${step} waits for a person (${asks}): pawl decide ${decision ?? ''}`;
      return `${step} waits for a decision: pawl decide ${decision ?? ''}${last}`;
    case 'page':
      return `${step} reads a page${last}`;
    case 'event':
      return `${step} waits for an event`;
    case 'child':
      return `${step} waits for the end of the run that it started`;
    case 'continue':
      return `${step} is at work${last}`;
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
