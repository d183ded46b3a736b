/** What the stored journal of a run says, for invariant I4. */
export interface JournalFacts {
  readonly rows: number;
  readonly lastSeq: number;
  /** Numbers between two rows that no row has, or that two have. */
  readonly gaps: number;
  /** Events of the given type. */
  readonly ends: number;
}

type Ask = (sql: string, values: readonly unknown[]) => Promise<object[]>;

/** Reads the journal rows of a run straight from the database. */
export async function journalFacts(ask: Ask, run: string, end = 'run.completed'): Promise<JournalFacts> {
  const [facts] = (await ask(
    `select count(*)::float8 as rows, coalesce(max(seq_to), 0)::float8 as "lastSeq",
       (count(*) filter (where seq_from <> before + 1))::float8 as gaps,
       coalesce(sum((length(body) - length(replace(body, $2, ''))) / length($2)), 0)::float8 as ends
     from (select *, lag(seq_to, 1, 0) over (order by seq_from) as before from pawl.journal where run = $1) j`,
    [run, `"${end}"`],
  )) as [JournalFacts];
  return facts;
}
