import { notExercised } from './explore.ts';
import type { Report } from './explore.ts';
import { faultKinds, possible } from './fault-table.ts';

/** Findings that are shown in full. */
const mostShown = 10;

/** A report for people: faults by kind and boundary, figures, and what was found. */
export function reportText(report: Report, wallMs: number): string {
  const lines = [...faultTable(report), '', figures(report, wallMs)];
  for (const { seed, violations } of report.findings.slice(0, mostShown)) {
    lines.push('', `seed ${seed}`, ...violations.map(({ invariant, what }) => `  ${invariant}: ${what}`));
  }
  if (report.findings.length > mostShown) lines.push('', `… and ${report.findings.length - mostShown} more seeds`);
  const missing = notExercised(report);
  if (missing.length > 0) lines.push('', 'Never happened, though possible:', ...missing.map((name) => `  ${name}`));
  return lines.join('\n');
}

function faultTable(report: Report): string[] {
  const lines: string[] = [];
  for (const kind of faultKinds) {
    const counts = possible[kind].map((boundary) => ({ boundary, count: report.fired[`${kind} ${boundary}`] ?? 0 }));
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    lines.push(
      `${kind.padEnd(16)}${String(total).padStart(9)}  ${counts.map(({ boundary, count }) => `${boundary} ${count}`).join(', ')}`,
    );
  }
  return lines;
}

function figures(report: Report, wallMs: number): string {
  const faults = Object.values(report.fired).reduce((sum, count) => sum + count, 0);
  const parts = [
    `${report.seeds} seeds`,
    `${report.runs} runs`,
    `${report.events} events`,
    `${report.effects} effects`,
    `${faults} faults`,
    `${(report.virtualMs / 3_600_000).toFixed(1)} virtual hours`,
    `${(wallMs / 1_000).toFixed(1)} s`,
    `${report.findings.length} seeds with violations`,
  ];
  return parts.join(', ');
}
