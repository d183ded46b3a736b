/** Writes one JSON value as a line on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes a line for a person on stdout. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line for a person on stderr: what is not the command's result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

const gap = '  ';

/** A table for people: columns as wide as their widest cell, the last one free. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(gap);
  return [line(head), ...rows.map(line)].map((text) => text.trimEnd()).join('\n');
}

/** Text from elsewhere as a person may see it on a terminal: without control characters. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
