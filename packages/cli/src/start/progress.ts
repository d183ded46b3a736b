/** How far an import is. */
export interface Progress {
  readonly rows: number;
  /** Bytes read, of so many. */
  readonly bytes: number;
  readonly total: number;
}

/** Shows progress to a person. */
export interface ProgressView {
  show(progress: Progress): void;
  /** Ends the line that is being drawn. */
  end(): void;
}

/** What a progress view draws on. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const barWidth = 30;
/** Between two drawings on a terminal, and between two lines where there is none (ms). */
const drawEvery = 100;
const lineEvery = 2_000;

/** A bar that is drawn over itself on a terminal, and a line now and then elsewhere. `now` is a monotonic clock (ms). */
export function progressView(screen: Screen, now: () => number): ProgressView {
  const begun = now();
  let first: number | undefined;
  let drawn = Number.NEGATIVE_INFINITY;
  let open = false;
  return {
    show: (progress) => {
      // The rate counts from what was there when this process began to look: a run goes on where it was.
      first ??= progress.rows;
      const isDone = progress.bytes >= progress.total;
      if (!isDone && now() - drawn < (screen.isTTY === true ? drawEvery : lineEvery)) return;
      drawn = now();
      const text = textOf(progress, ((progress.rows - first) * 1_000) / Math.max(1, now() - begun));
      open = screen.isTTY === true;
      screen.write(open ? `\r\u001b[2K  ${barOf(progress)} ${text}` : `  ${text}\n`);
    },
    end: () => {
      if (open) screen.write('\n');
      open = false;
    },
  };
}

/** A number with commas between thousands. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function textOf({ rows, bytes, total }: Progress, rate: number): string {
  const percent = Math.min(100, Math.floor((100 * bytes) / Math.max(1, total)));
  return `${percent} %  ${grouped(rows)} rows  ${grouped(rate)} rows/s`;
}

function barOf({ bytes, total }: Progress): string {
  const filled = Math.min(barWidth, Math.floor((barWidth * bytes) / Math.max(1, total)));
  return `[${'#'.repeat(filled)}${' '.repeat(barWidth - filled)}]`;
}
