import { setTimeout as delay } from 'node:timers/promises';

const pauseMs = 10;

/** Waits until a condition holds; throws, naming it, when it does not within `timeoutMs`. */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await delay(pauseMs);
  }
}
