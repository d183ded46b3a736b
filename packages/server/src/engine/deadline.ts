import type { Cancellation } from '@pawl/core';

/** A cancellation that comes after a while (ms), unless it is cleared before. */
export function deadlineIn(ms: number): { readonly cancellation: Cancellation; clear(): void } {
  const callbacks: (() => void)[] = [];
  let cancelled = false;
  const timer = setTimeout(() => {
    cancelled = true;
    for (const callback of callbacks) callback();
  }, ms);
  return {
    cancellation: {
      get cancelled() {
        return cancelled;
      },
      get late() {
        return cancelled;
      },
      onCancel: (callback) => {
        if (cancelled) callback();
        else callbacks.push(callback);
      },
    },
    clear: () => clearTimeout(timer),
  };
}
