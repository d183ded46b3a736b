/** Every bound of a worker, by name. Times are in milliseconds, sizes in characters. */
export const bounds = {
  /** Runs in one commit. */
  commitRuns: 1_000,
  /** Messages that led to nothing, in one commit. */
  commitMessages: 1_000,
  /** Characters of one commit. */
  commitCharacters: 4_194_304,
  /** A run that writes more than this commits alone. */
  commitAloneCharacters: 1_048_576,
  /** A worker beats, looks at the leases and polls its inbox this often. */
  beatEvery: 1_000,
  /** A wake-up leads to a look at the leases if the last one was longer ago. */
  lookAtMost: 200,
  /** An owner whose beat has not changed for this long has lost its partitions. */
  lease: 10_000,
  /** Clocks of processes and of the database differ by no more than this. */
  clockSkew: 1_000,
  /** No effect starts when the last beat was sent longer ago than this: two thirds of the lease. */
  effectsWithin: 6_666,
  /** An owner whose lock is free has died when its beat has not changed for this long. */
  deadAfter: 2_000,
  /** A longer time in which the beats could not be read counts as this much only: their owners could not beat either. */
  unseenAs: 500,
  /** Takeovers, loads and reads under way at once. */
  parallel: 16,
  /** Inbox rows of one read. */
  inboxRows: 1_000,
  /** Due timers of one read. */
  timerRows: 1_000,
  /** Stored runs of one read. */
  loadRows: 128,
  /** The inbox is not read while so many messages are in memory: what is there goes on first. */
  messagesInMemory: 10_000,
  /** The same for runs in memory. */
  runsInMemory: 100_000,
  /** Shortest time between two looks at the timers of parked runs. */
  timerPollAtLeast: 200,
  /** The same after a read that brought as many as it may: more are due already. */
  timerPollFull: 50,
  /** A run that waits longer than this leaves memory. */
  parkAfter: 60_000,
  /** A run that waits for events or child runs leaves memory once none has come for this long. */
  parkQuiet: 1_000,
  /** Shortest time between two looks at what is new in events and subscriptions. */
  matchAtLeast: 20,
  /** Deliveries of one look. */
  matchRows: 1_000,
  /** Old events are looked for this often. */
  pruneEvery: 60_000,
  /** So many of them are removed at once. */
  pruneRows: 10_000,
  /** A wait is written to the run's head once it has lasted this long. */
  headAfter: 1_000,
  /** An attempt that was cancelled has this long to say how it ended. */
  grace: 1_000,
  /** A partition that is to be given away waits this long for its open attempts; then it stays for now. */
  releasePatience: 10_000,
  /** First wait between two tries to reach the store; it doubles, with jitter. */
  retryBase: 50,
  /** Longest such wait. */
  retryCap: 2_000,
  /** A timer that led to nothing is looked at again after this. */
  voidTimer: 1_000,
  /** Longest time that one clock timer is set for. */
  timerHorizon: 60_000,
  /** After so many deaths of a partition's owners within `deathsWithin` its runs are marked before they are decided. */
  deaths: 2,
  /** How long such a death counts. */
  deathsWithin: 60_000,
  /** A run that was marked in so many deaths at the same event is set aside. */
  marks: 3,
  /** One run in so many is folded a second time from its journal rows and compared. */
  sampleEvery: 256,
  /** Callers that wait for runs to end; beyond that the one that waits longest is told to look elsewhere. */
  endWaiters: 100_000,
  /** Compiled flows that are kept. */
  flows: 1_000,
  /** Between two looks at whether what is waited for has come (stopping and giving partitions away only). */
  lookEvery: 5,
} as const;
