import type { Json } from '../json.ts';
import { isObject } from '../json.ts';
import { evaluate, evaluateTemplate, truthy } from '../program/expression.ts';
import { fault, FlowFault, kindOf } from '../program/fault.ts';
import type { ForBody, TaskCommon } from '../program/nodes.ts';
import type { Page } from '../ports.ts';
import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { Frame } from '../state/state.ts';
import type { Machine, Started } from './machine.ts';
import { descendants, unresolved } from './machine.ts';
import { pageRowsOf, setPageRows } from './page-rows.ts';
import { cancelBelow } from './give-up.ts';
import type { Scope } from './scope.ts';

/** What a `for` runs over, evaluated once: items, or the dataset of a batch. */
export function startFor(m: Machine, node: TaskCommon & ForBody, scope: Scope): Started {
  const value = m.keep(evaluateTemplate(node.items, scope.input, scope), '`for.in`');
  const dataset = datasetOf(value);
  if (node.contract.batch !== undefined) {
    if (dataset === undefined)
      throw fault(
        'expression',
        `A batch needs a dataset (an object with the one key \`dataset\`), but \`for.in\` gave ${kindOf(value)}.`,
      );
    return { dataset };
  }
  if (Array.isArray(value)) return { items: value };
  const hint = dataset === undefined ? '' : ' To run over a dataset, add metadata.pawl.batch.';
  throw fault('expression', `\`for.in\` must give an array, but gave ${kindOf(value)}.${hint}`);
}

/** Goes on with a `for` whose list is done, or that has just started. */
export function nextIteration(m: Machine, frame: Frame): void {
  const node = m.node(frame) as TaskCommon & ForBody & { kind: 'for' };
  if (frame.dataset !== undefined) return nextPage(m, frame);
  const value = frame.cursor?.value ?? null;
  const n = (frame.n ?? -1) + 1;
  if (n >= (frame.items?.length ?? 0)) return m.complete(frame, value);
  if (node.condition !== undefined) {
    const scope = m.scope(frame);
    scope.bound = new Map([
      [node.each, frame.items?.[n] ?? null],
      [node.at, n],
    ]);
    try {
      if (!truthy(evaluate(node.condition, value, scope))) return m.complete(frame, value);
    } catch (error) {
      if (!(error instanceof FlowFault)) throw error;
      return m.raise(frame, error.error);
    }
  }
  m.emit({ type: 'iteration.started', at: m.at, f: frame.id, n });
  m.advance(frame);
}

/** A page of a batch was read: the first time, or again after its worker was lost. */
export function pageRead(m: Machine, frame: Frame, page: Page | { readonly error: FlowError }): void {
  if (frame.dataset === undefined) return;
  if ('error' in page) return unreadable(m, frame, page.error);
  if (frame.page !== undefined && frame.cursor !== undefined && !pageDone(m, frame)) {
    if (page.rows.length !== frame.page.rows) {
      return unreadable(
        m,
        frame,
        flowError(
          'runtime',
          `The page that began with row ${frame.page.total - frame.page.rows + 1} had ${frame.page.rows} rows and now has ${page.rows.length}: the dataset has changed.`,
        ),
      );
    }
    setPageRows(frame, page.rows);
    // Where a step of the page is under way, its end takes the page further, not the reading.
    if (!hasChild(m, frame)) m.advance(frame);
    return;
  }
  if (page.rows.length === 0) return m.complete(frame, summary(frame));
  m.emit({
    type: 'page.started',
    at: m.at,
    f: frame.id,
    n: (frame.n ?? -1) + 1,
    from: frame.page?.next ?? null,
    next: page.next,
    rows: page.rows.length,
    last: page.last,
  });
  setPageRows(frame, page.rows);
  m.advance(frame);
}

/**
 * A page that cannot be read ends its batch, but not while the outcome of an effect on it is unknown. Then that is found
 * out first, without the rows: the effect is not sent again, and the next step that needs the rows faults.
 */
function unreadable(m: Machine, frame: Frame, reason: FlowError): void {
  if (descendants(m.state, frame).some(unresolved)) return setPageRows(frame, { missing: reason });
  cancelBelow(m, frame);
  m.raise(frame, reason);
}

/** Whether a batch has no page under way: it has just started, or its page's list is done. */
export function pageDone(m: Pick<Machine, 'flow'>, frame: Frame): boolean {
  if (frame.page === undefined) return true;
  const node = m.flow.nodes.get(frame.step) as (TaskCommon & ForBody) | undefined;
  const i = frame.cursor?.i ?? 0;
  return i < 0 || i >= (node?.list.tasks.length ?? 0);
}

/** Whether the rows of the page under way must be read again before anything else is decided. */
export function pageLost(m: Pick<Machine, 'flow'>, frame: Frame): boolean {
  return (
    frame.dataset !== undefined && frame.page !== undefined && !pageDone(m, frame) && pageRowsOf(frame) === undefined
  );
}

function hasChild(m: Machine, frame: Frame): boolean {
  for (const other of m.state.frames.values()) if (other.p === frame.id) return true;
  return false;
}

/** The page is done: the batch ends after the last one, else waits for the next to be read. */
function nextPage(m: Machine, frame: Frame): void {
  if (frame.page?.last) m.complete(frame, summary(frame));
}

function summary(frame: Frame): Json {
  return { rows: frame.page?.total ?? 0, pages: (frame.n ?? -1) + 1 };
}

function datasetOf(value: Json): Json | undefined {
  return isObject(value) && Object.keys(value).length === 1 ? value['dataset'] : undefined;
}
