import type { RunStatus, WaitingFor } from '@pawl/core';
import { invariant } from '@pawl/core';

/** The letter by which a status is stored (a "char" column: one byte a run). Letters are for ever. */
const statusLetters: Readonly<Record<RunStatus, string>> = {
  pending: 'p',
  running: 'r',
  waiting: 'w',
  suspended: 's',
  cancelled: 'x',
  faulted: 'f',
  completed: 'c',
};

const waitingLetters: Readonly<Record<WaitingFor, string>> = {
  timer: 't',
  event: 'e',
  approval: 'a',
  child: 'c',
  target: 'g',
  capacity: 'p',
  decision: 'd',
};

/** Stored for a run that waits for nothing. */
const nothing = '-';

const statuses = new Map(Object.entries(statusLetters).map(([status, letter]) => [letter, status as RunStatus]));
const waits = new Map(Object.entries(waitingLetters).map(([wait, letter]) => [letter, wait as WaitingFor]));

/** The letter of a status. */
export function statusLetter(status: RunStatus): string {
  return statusLetters[status];
}

/** The status of a letter. */
export function statusOfLetter(letter: string): RunStatus {
  const status = statuses.get(letter);
  invariant(status !== undefined, `unknown status letter ${letter}`);
  return status;
}

/** The letter of what a run waits for. */
export function waitingLetter(waitingFor: WaitingFor | null): string {
  return waitingFor === null ? nothing : waitingLetters[waitingFor];
}

/** What a run of this letter waits for. */
export function waitingOfLetter(letter: string): WaitingFor | null {
  return waits.get(letter) ?? null;
}
