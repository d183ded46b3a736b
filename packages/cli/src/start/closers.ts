import { note } from '../output.ts';
import { describeError } from '../report.ts';

/** Closes something that was opened. */
export type Closer = () => Promise<void>;

/** Closes in the reverse order of opening, each whatever the others do. */
export async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of closers.toReversed()) await close().catch((error: unknown) => note(describeError(error)));
}
