/** Every bound of a run, by name. A test or an operator may give others; each has its line in docs/reference/limits.md. */
export const limits = {
  /** Tasks and iterations that one stimulus may run before the run yields and commits. */
  pureTasksPerCommit: 1_000,
  /** Characters of events that one stimulus may produce before the run yields and commits. */
  eventCharactersPerCommit: 1_048_576,
  /** Pure tasks between two effects or waits; more is a loop that spins. */
  pureTasks: 10_000_000,
  /** How long an unanswered attempt is sent again by itself (ms). */
  resendFor: 300_000,
  /** Delay before the first resend (ms); it doubles, with full jitter. */
  resendBase: 50,
  /** Longest delay between two resends (ms). */
  resendCap: 20_000,
  /** How long after its deadline a request of a worker that was lost may still leave: a lease (ms). */
  lostSender: 10_000,
  /** Default length of one attempt (ms). */
  attemptTimeout: 30_000,
  /** Default life of a run (ms): 30 days. */
  runDeadline: 2_592_000_000,
  /** Effects that a `try` with `retry` remembers. */
  triedEffects: 10_000,
  /** Retries of a `try` whose policy names no limit. */
  tryRetries: 10_000,
  /** A value whose JSON text is longer than this is stored once, apart from the journal (characters). */
  inlineValue: 65_536,
  /** A snapshot is due after this many events … */
  snapshotEvents: 256,
  /** … or this many characters of journal. */
  snapshotCharacters: 262_144,
  /** Functions that call each other: calls one inside the other. */
  callDepth: 100,
  /** Runs that wait for each other: a flow that runs a flow that runs a flow. */
  childDepth: 100,
  /** Nesting of tasks in a flow document. */
  flowDepth: 64,
  /** Tasks in a flow document. */
  flowTasks: 100_000,
  /** Branches of one fork. */
  forkBranches: 100_000,
  /** Characters of a flow document. */
  flowCharacters: 4_194_304,
  /** Characters of a value that a run keeps: input, output, context, or what an action is given. */
  valueCharacters: 16_777_216,
  /** Nesting of a value that a run keeps: as deep as jq compares and prints one. */
  valueDepth: 1_000,
  /** Ticks of a schedule that were missed and are made up for by a run each. */
  missedTicks: 1_000,
  /** Events that a schedule gathers for runs which are not complete. */
  gatheredEvents: 1_000,
  /** Rows of one batch page. */
  batchSize: 10_000,
  /** Events that one listen takes, with those that a `foreach` is done with. */
  listenEvents: 100_000,
  /** Reminders of one question to a person. */
  reminders: 100,
  /** Default length of an attempt that waits for messages (ms): an hour, or longer where `for` says so. */
  subscriptionAttempt: 3_600_000,
  /** How long an accepted event is kept for those who begin to listen later (ms): a day. */
  eventKept: 86_400_000,
} as const;

/** The type of `limits`, with numbers of any size. */
export type Limits = { readonly [Name in keyof typeof limits]: number };
