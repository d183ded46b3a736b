/** Exit codes of all commands; docs/reference/cli.md explains them. */
export const exitCodes = {
  /** Done; the run completed. */
  done: 0,
  /** The run faulted; or what the command needs did not work. */
  failed: 1,
  /** The document, the input or the command line is not valid; nothing was done. */
  invalid: 2,
  /** The run was cancelled. */
  cancelled: 3,
  /** The run still waits at `--timeout`. */
  waiting: 4,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
