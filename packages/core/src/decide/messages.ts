import type { JsonObject } from '../json.ts';
import { attributeText } from '../program/strategy.ts';
import type { ChildEnd, EventRow, Hash, InboxMessage, InboxRow, ReturnedEvent } from '../ports.ts';
import { eventPartition, partitionOf } from '../ports.ts';
import type { RunEvent } from '../state/events.ts';
import type { RunState } from '../state/state.ts';

/** What a run's commit says to others: all of it in the commit that holds the journal events it is made of. */
export interface Outgoing {
  readonly events: readonly EventRow[];
  readonly messages: readonly InboxRow[];
  readonly taken: readonly ReturnedEvent[];
  /** Events that a step took and gave back. */
  readonly returned: readonly ReturnedEvent[];
}

/** What the journal events of one commit of a run say to others; undefined: nothing. `state`: the run after them. */
export function messagesOf(
  state: RunState,
  events: readonly RunEvent[],
  of: { readonly workspace: string; readonly hash: Hash },
): Outgoing | undefined {
  let out: Collected | undefined;
  for (const event of events) {
    if (!speaks.has(event.type) && !(state.parent !== undefined && ends.has(event.type))) continue;
    out ??= { events: [], messages: [], taken: [], returned: [] };
    collect(out, state, event, of);
  }
  if (out !== undefined && out.returned.length > 0) out.taken = out.taken.filter((one) => !isReturned(one, out));
  return out;
}

/** What was taken and given back with the same commit was never taken. */
function isReturned(one: ReturnedEvent, { returned }: Outgoing): boolean {
  return returned.some(
    ({ partition, event, step }) => event === one.event && partition === one.partition && step === one.step,
  );
}

/** An event as the store keeps it. `at`: when it is accepted (ms). */
export function eventRow(event: JsonObject, at: number, of: { workspace: string; hash: Hash }): EventRow {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(event)) {
    const text = attributeText(value);
    if (text !== undefined && name !== 'data' && name !== 'data_base64') attributes[name] = text;
  }
  const { type = '', source = '', id = '' } = attributes;
  const { workspace } = of;
  const partition = eventPartition(workspace, type, of.hash);
  return { partition, workspace, source, id, type, at, attributes, body: JSON.stringify(event) };
}

interface Collected {
  events: EventRow[];
  messages: InboxRow[];
  taken: ReturnedEvent[];
  returned: ReturnedEvent[];
}

const speaks = new Set<RunEvent['type']>([
  ...(['event.emitted', 'event.taken', 'event.returned', 'child.started', 'child.stopping'] as const),
]);
const ends = new Set<RunEvent['type']>(['run.completed', 'run.faulted', 'run.cancelled']);

function collect(
  out: Collected,
  state: RunState,
  event: RunEvent,
  of: { readonly workspace: string; readonly hash: Hash },
): void {
  switch (event.type) {
    case 'event.emitted':
      out.events.push(eventRow(event.event, event.at, of));
      return;
    case 'event.taken':
      out.taken.push({ ...event.key, listener: state.id, step: event.step });
      return;
    case 'event.returned':
      for (const key of event.keys) out.returned.push({ ...key, listener: state.id, step: event.step });
      return;
    case 'child.started': {
      const { child, named, input, detached } = event;
      const parent = detached
        ? {}
        : { parent: { run: state.id, frame: event.f, depth: depthOf(state) + 1, ...headOf(state) } };
      const { workspace } = of;
      out.messages.push(
        message(child, child, event.at, { kind: 'start', workspace, flow: '', named, input, key: null, ...parent }),
      );
      return;
    }
    case 'child.stopping':
      out.messages.push(
        message(`cancel:${event.child}`, event.child, event.at, {
          kind: 'cancel',
          by: `run ${state.id}`,
          reason: 'The step that waits for this run was given up.',
        }),
      );
      return;
    case 'run.completed':
      return tellParent(out, state, event.at, { status: 'completed', output: event.out });
    case 'run.faulted':
      return tellParent(out, state, event.at, { status: 'faulted', error: event.error });
    case 'run.cancelled':
      return tellParent(out, state, event.at, { status: 'cancelled' });
    default:
  }
}

/** How many runs wait for this one, each for the next. */
export function depthOf({ parent }: RunState): number {
  return parent === undefined || parent.frame === 0 ? 0 : (parent.depth ?? 1);
}

/** The run at the head of a run's parents, where that is not the run itself. */
function headOf({ parent }: RunState): { readonly root?: string } {
  return parent === undefined || parent.frame === 0 ? {} : { root: parent.root ?? parent.run };
}

/** The end of a run for the step that waits for it, or for the schedule that started it. */
function tellParent(out: Collected, { id, parent }: RunState, at: number, end: ChildEnd): void {
  if (parent === undefined) return;
  const { run, frame } = parent;
  const body: InboxMessage = frame === 0 ? { kind: 'ended', child: id, at } : { kind: 'child', frame, child: id, end };
  out.messages.push(message(`end:${id}`, run, at, body));
}

function message(id: string, run: string, at: number, body: InboxMessage): InboxRow {
  return { partition: partitionOf(run), id, run, at, message: body };
}
