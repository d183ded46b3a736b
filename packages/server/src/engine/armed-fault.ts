import { writeSync } from 'node:fs';
import { type Fault, type FaultPoint, faultPoints, noFaults, PawlError } from '@pawl/core';

const stderr = 2;
const signals: Readonly<Record<string, NodeJS.Signals>> = { kill: 'SIGKILL', stop: 'SIGSTOP' };

/**
 * The fault port of a real process, for crash tests. `text` is the variable PAWL_FAULT, `POINT:NTH[:kill|:stop]`: at the
 * NTH visit of a named fault point the process kills or stops itself at once, as `kill -9` or `kill -STOP` from outside
 * would. Unset or empty: no fault. Throws PAWL_USAGE where it says nothing else.
 */
export function armedFault(text: string | undefined): Fault {
  if (text === undefined || text === '') return noFaults;
  const [point, nth, how = 'kill', ...rest] = text.split(':');
  const signal = Object.hasOwn(signals, how) ? signals[how] : undefined;
  const at = Number(nth);
  if (!faultPoints.includes(point as FaultPoint) || !(at >= 1) || signal === undefined || rest.length > 0) {
    throw new PawlError(
      'PAWL_USAGE',
      `PAWL_FAULT must be POINT:NTH or POINT:NTH:kill or POINT:NTH:stop, not ${JSON.stringify(text)}.`,
      { hint: `The points are ${faultPoints.join(', ')}.` },
    );
  }
  let visits = 0;
  return (visited) => {
    if (visited !== point) return;
    visits += 1;
    if (visits !== at) return;
    writeSync(stderr, `PAWL_FAULT: ${how} at ${visited}, visit ${visits}\n`);
    process.kill(process.pid, signal);
  };
}
