import type { RuntimeObserver } from '@pawl/runtime';
import type { Log } from '@pawl/core';
import { ensureError } from '@pawl/core';

/** What the worker did with its store. */
export type StoreNote =
  | {
      readonly kind: 'commit';
      readonly ms: number;
      readonly runs: number;
      readonly outcome: 'done' | 'fenced' | 'failed';
    }
  /** A commit or takeover failed, for no reason of its own data or owner. */
  | { readonly kind: 'failure'; readonly error: Error }
  /** A partition was taken. */
  | { readonly kind: 'takeover' }
  /** A run that was not in memory was read. */
  | { readonly kind: 'load' };

/** A runtime observer that also hears of the store. */
export interface EngineObserver extends RuntimeObserver {
  onStore?(note: StoreNote): void;
}

/** Hands what one worker tells to any number of observers; what one of them throws stays with it. */
export class Observers implements Required<EngineObserver> {
  private readonly log: Log;
  private list: readonly EngineObserver[] = [];

  constructor(log: Log) {
    this.log = log;
  }

  /** Adds one; the returned function takes it away. */
  add(observer: EngineObserver): () => void {
    this.list = [...this.list, observer];
    return () => {
      this.list = this.list.filter((other) => other !== observer);
    };
  }

  onCommitted(...told: Parameters<Required<EngineObserver>['onCommitted']>): void {
    this.tell((observer) => observer.onCommitted?.(...told));
  }

  onAttempt(...told: Parameters<Required<EngineObserver>['onAttempt']>): void {
    this.tell((observer) => observer.onAttempt?.(...told));
  }

  onEnded(...told: Parameters<Required<EngineObserver>['onEnded']>): void {
    this.tell((observer) => observer.onEnded?.(...told));
  }

  onOwnership(...told: Parameters<Required<EngineObserver>['onOwnership']>): void {
    this.tell((observer) => observer.onOwnership?.(...told));
  }

  onQuarantined(...told: Parameters<Required<EngineObserver>['onQuarantined']>): void {
    this.tell((observer) => observer.onQuarantined?.(...told));
  }

  onFailed(...told: Parameters<Required<EngineObserver>['onFailed']>): void {
    this.tell((observer) => observer.onFailed?.(...told));
  }

  onStore(note: StoreNote): void {
    this.tell((observer) => observer.onStore?.(note));
  }

  private tell(call: (observer: EngineObserver) => void): void {
    for (const observer of this.list) {
      try {
        call(observer);
      } catch (error) {
        this.log.error({ err: ensureError(error) }, 'An observer failed; the run is not touched.');
      }
    }
  }
}
