/** Every bound of `run`, by name. */
export const runLimits = {
  /** Characters of a script, a command, or a standard input. */
  textCharacters: 4_194_304,
  /** Arguments of one program. */
  arguments: 1_000,
  /** Environment variables of one program. */
  environment: 1_000,
  /** Characters of standard output, and of standard error, that are kept; the rest is cut off. */
  outputCharacters: 1_048_576,
  /** Characters of standard error quoted in an error. */
  quotedOutput: 300,

  /** Memory of one script and its sandbox (bytes). */
  scriptMemory: 67_108_864,
  /** Call stack of one script in the sandbox (bytes). */
  scriptStack: 262_144,
  /** Heap of the thread around the sandbox (MiB). */
  threadHeap: 64,
  /** Threads kept for the next script. */
  idleThreads: 2,
  /** Scripts under way at once. */
  scripts: 4,

  /** Programs under way at once. */
  programs: 4,
  /** Processes and threads of all programs that run as `programUser`. */
  processes: 128,
  /** Writable memory of one process of a program (bytes). */
  processData: 536_870_912,
  /** Longest file that a program may write (bytes). */
  fileBytes: 67_108_864,
  /** Files that one process may have open. */
  openFiles: 256,
  /** Between asking a program to end and ending it (ms); less than what the engine waits for an answer. */
  killDelay: 300,
  /** How long output that a dead program left behind is awaited (ms). */
  drainOutput: 200,
  /** User and group that programs run as where Pawl runs as root: nobody. */
  programUser: 65_534,
} as const;
