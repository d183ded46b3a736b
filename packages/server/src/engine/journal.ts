import type { ApiStore, Hash, JournalRow, RunEvent } from '@pawl/core';
import { decodeRow, payloadsOf } from '@pawl/core';

/** Rows of one read: a row holds at most a mebibyte of events. */
const rowsPerRead = 64;

/** Reads a run's journal from its beginning, with the large values in place, a part at a time, as its view shows it. */
export class JournalReader<Shown> {
  readonly run: string;
  private readonly api: Pick<ApiStore, 'journal' | 'payloads'>;
  private readonly hash: Hash;
  /** Whether the run's last event was shown. */
  ended = false;
  private readonly view: (event: RunEvent) => readonly Shown[];
  private next = 1;

  constructor(
    source: { readonly api: Pick<ApiStore, 'journal' | 'payloads'>; readonly hash: Hash },
    run: string,
    view: (event: RunEvent) => readonly Shown[],
  ) {
    this.api = source.api;
    this.hash = source.hash;
    this.run = run;
    this.view = view;
  }

  /** Number of the event that comes next. */
  get nextSeq(): number {
    return this.next;
  }

  /** What is shown of the next events of the store; where `nextSeq` stays, there are no more for now. */
  async read(): Promise<Shown[]> {
    const rows = await this.api.journal(this.run, this.next, rowsPerRead);
    const shown: Shown[] = [];
    for (const row of rows) shown.push(...this.show(await decodeEvents(this.api, this.hash, row)));
    return shown;
  }

  /** What the view shows of events that come next, from wherever they are known. */
  show(events: readonly RunEvent[]): Shown[] {
    this.next += events.length;
    this.ended ||= events.some(endsRun);
    return events.flatMap((event) => this.view(event));
  }
}

/** The events of a row, with its large values read. */
export async function decodeEvents(api: Pick<ApiStore, 'payloads'>, hash: Hash, row: JournalRow): Promise<RunEvent[]> {
  const wanted = payloadsOf(row);
  const payloads = wanted.length === 0 ? undefined : await api.payloads(row.run, [...new Set(wanted)]);
  return decodeRow(row, hash, (sha256) => payloads?.get(sha256));
}

/** Whether an event is a run's last. */
function endsRun(event: { readonly type: string }): boolean {
  return event.type === 'run.completed' || event.type === 'run.faulted' || event.type === 'run.cancelled';
}
