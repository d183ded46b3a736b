import type { ApiStore, Hash, JournalRow, PublicEvent, RunEvent } from '@pawl/core';
import { decodeRow, JournalView, payloadsOf } from '@pawl/core';

/** Rows of one read: a row holds at most a mebibyte of events. */
const rowsPerRead = 64;

/** Reads a run's journal from its beginning, with the large values in place, a part at a time. */
export class JournalReader {
  readonly run: string;
  private readonly api: Pick<ApiStore, 'journal' | 'payloads'>;
  private readonly hash: Hash;
  private readonly view = new JournalView();
  private next = 1;

  constructor(source: { readonly api: Pick<ApiStore, 'journal' | 'payloads'>; readonly hash: Hash }, run: string) {
    this.api = source.api;
    this.hash = source.hash;
    this.run = run;
  }

  /** Number of the event that comes next. */
  get nextSeq(): number {
    return this.next;
  }

  /** The next events of the store; none: there are no more for now. */
  async read(): Promise<PublicEvent[]> {
    const rows = await this.api.journal(this.run, this.next, rowsPerRead);
    const shown: PublicEvent[] = [];
    for (const row of rows) shown.push(...this.show(await decodeEvents(this.api, this.hash, row)));
    return shown;
  }

  /** The public form of events that come next, from wherever they are known. */
  show(events: readonly RunEvent[]): PublicEvent[] {
    this.next += events.length;
    return events.map((event) => this.view.push(event));
  }
}

/** The events of a row, with its large values read. */
export async function decodeEvents(api: Pick<ApiStore, 'payloads'>, hash: Hash, row: JournalRow): Promise<RunEvent[]> {
  const wanted = payloadsOf(row);
  const payloads = wanted.length === 0 ? undefined : await api.payloads(row.run, [...new Set(wanted)]);
  return decodeRow(row, hash, (sha256) => payloads?.get(sha256));
}

/** Whether an event is a run's last. */
export function endsRun(event: { readonly type: string }): boolean {
  return event.type === 'run.completed' || event.type === 'run.faulted' || event.type === 'run.cancelled';
}
