/** Wrong tokens of one address within a window (ms) before it must wait. */
const mostFailures = 10;
const windowMs = 60_000;
/** Addresses, and tokens that were right, that are remembered. */
const remembered = 10_000;

interface Failures {
  readonly since: number;
  count: number;
}

/**
 * Keeps an address that tries wrong tokens from trying more than a few a minute. Nobody guesses 256 bits; this keeps the
 * database from being asked about each guess. A token that was right is let through, since many may come from one proxy.
 */
export class FailedTokens {
  readonly #failures = new Map<string, Failures>();
  readonly #right = new Map<string, true>();

  /** How long an address must wait before another token is looked at (ms); 0: it need not. */
  wait(address: string, token: string, now: number): number {
    const known = this.#failures.get(groupOf(address));
    if (known === undefined || known.count < mostFailures || this.#right.has(token)) return 0;
    return Math.max(known.since + windowMs - now, 0);
  }

  /** A token was wrong; whether it was the one after which its address must wait. */
  failed(address: string, token: string, now: number): boolean {
    this.#right.delete(token);
    const group = groupOf(address);
    let known = this.#failures.get(group);
    if (known === undefined || known.since + windowMs <= now) known = { since: now, count: 0 };
    known.count += 1;
    keep(this.#failures, group, known);
    return known.count === mostFailures;
  }

  /** A token (its hash) was right. */
  worked(token: string): void {
    keep(this.#right, token, true);
  }
}

/** Puts an entry last; the first ones go where there are too many. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= remembered) return;
  for (const first of map.keys()) {
    map.delete(first);
    return;
  }
}

/** An IPv4 address, or the network of an IPv6 address (/64), which is what one customer is given. */
function groupOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: Math.max(zeros, 0) }, () => '0'), ...last];
  return groups.slice(0, 4).join(':');
}
