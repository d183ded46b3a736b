/** Another worker owns a partition of the batch: nothing was written. */
export class FencedError extends Error {
  readonly partitions: readonly number[];
  constructor(partitions: readonly number[]) {
    super(`another worker owns partitions ${partitions.join(', ')}`);
    this.name = 'FencedError';
    this.partitions = partitions;
  }
}

/** The reply of a commit was lost: it may or may not have been written. The caller takes its partitions over from itself. */
export class UnknownCommitError extends Error {
  constructor(cause: unknown) {
    super('the reply to a commit was lost', { cause });
    this.name = 'UnknownCommitError';
  }
}

/** The database refuses the data of the batch (SQLSTATE class 22, 23 or 54): nothing was written. */
export class PoisonError extends Error {
  readonly sqlState: string;
  constructor(sqlState: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'PoisonError';
    this.sqlState = sqlState;
  }
}
