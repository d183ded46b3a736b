/** Things kept open for their next use: few of them, not for long, each used by one taker at a time. */
export class Kept<T extends { close(): Promise<void> }> {
  readonly #most: number;
  readonly #idleMs: number;
  readonly #items = new Map<string, { readonly item: T; readonly timer: NodeJS.Timeout }>();
  readonly #closing = new Set<Promise<void>>();

  constructor(most: number, idleMs: number) {
    this.#most = most;
    this.#idleMs = idleMs;
  }

  /** Takes an item out; it is the taker's until it is put back. */
  take(key: string): T | undefined {
    const found = this.#items.get(key);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    this.#items.delete(key);
    return found.item;
  }

  /** Keeps an item, and closes the one that waited longest when there are too many. */
  put(key: string, item: T): void {
    this.#discard(key);
    const timer = setTimeout(() => this.#discard(key), this.#idleMs);
    timer.unref();
    this.#items.set(key, { item, timer });
    const oldest = this.#items.keys().next();
    if (this.#items.size > this.#most && oldest.done !== true) this.#discard(oldest.value);
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const key of [...this.#items.keys()]) this.#discard(key);
    await Promise.all(this.#closing);
  }

  #discard(key: string): void {
    const item = this.take(key);
    if (item === undefined) return;
    const closing = item.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
