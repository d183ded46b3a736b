import { actionLimits } from '../limits.ts';

/** A Retry-After header (seconds or a date) in ms from `now`, within [0, 24 h]; undefined when absent or garbage. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return clamp(Number(text) * 1000);
  // Only the date form of RFC 9110: Date.parse alone takes far too much for a date.
  if (!/^[A-Z][a-z]{2,8},? .*GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : clamp(at - now);
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, 0), actionLimits.retryAfter);
}
