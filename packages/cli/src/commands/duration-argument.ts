import { durationMs, parseDuration } from '@pawl/core';
import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const iso = /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/;

/** A time on the command line (`500ms`, `60s`, `5m`, `PT1M30S`) in milliseconds. */
export function durationArgument(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) return Number(amount) * (unitMs[unit] ?? 0);
  const parts = iso.exec(text);
  if (parts === null) throw new InvalidArgumentError('It must be a time such as 500ms, 60s, 5m or PT1M30S.');
  const [, hours = 0, minutes = 0, seconds = 0] = parts.map(Number).map((part) => (Number.isNaN(part) ? 0 : part));
  return hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;
}

/** The same, or any length in ISO 8601 (`P90D`, `P1Y`), in milliseconds. */
export function longDurationArgument(text: string): number {
  const duration = parseDuration(text);
  return duration === undefined ? durationArgument(text) : durationMs(duration);
}
