/** What one workload measured: numbers by name. */
export type Measured = { readonly workload: string } & Readonly<Record<string, number | string>>;

/** Prints figures as lines for people. */
export function print(results: readonly Measured[]): void {
  for (const { workload, ...figures } of results) {
    const shown = Object.entries(figures).map(
      ([name, value]) => `${name} ${typeof value === 'number' ? round(value) : value}`,
    );
    console.log(`${workload.padEnd(6)} ${shown.join('  ')}`);
  }
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Math.round(value * 1000) / 1000);
}
