/**
 * Named points at durable boundaries where tests stop or kill the process. In production they cost a call to an empty
 * function. The list is exported so that a test can assert that the crash suite visits every one.
 */
export const faultPoints = [
  'commit.before',
  'commit.sent',
  'commit.after',
  'dispatch.before',
  'dispatch.sent',
  'outcome.before',
  'start.accepted',
  'takeover.taken',
  'takeover.loaded',
  'timer.due',
  'inbox.read',
  'snapshot.before',
  'evict.before',
  'release.before',
] as const;

/** The name of a fault point. */
export type FaultPoint = (typeof faultPoints)[number];

/** Called at a fault point; a test's implementation may throw, or kill the process. */
export type Fault = (point: FaultPoint) => void;

/** The production fault port: does nothing. */
export const noFaults: Fault = () => {};
