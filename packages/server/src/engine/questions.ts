import type { DecisionRow, RunSummary } from '@pawl/core';
import { nameOf, PawlError } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { readRun, requireRun } from './read-run.ts';

/** A question to a person, with what it is about. */
export interface Question extends DecisionRow {
  readonly flow: RunSummary['flow'];
  /** Name of the step. */
  readonly name: string;
  /** What was sent where; null once it is answered, or where the run cannot be read. */
  readonly action: string | null;
  readonly target: string | null;
}

type About = Pick<Question, 'flow' | 'name' | 'action' | 'target'>;

/** Questions whose subject is remembered: it does not change while they are open, and lists are asked for often. */
const remembered = 1_000;

/** Lists questions with what they are about. */
export class Questions {
  private readonly context: EngineContext;
  private readonly known = new Map<string, About>();

  constructor(context: EngineContext) {
    this.context = context;
  }

  /** As the store's list. */
  async list(
    options: Parameters<EngineContext['api']['decisions']>[0],
  ): Promise<{ readonly items: readonly Question[]; readonly next: string | null }> {
    const { items, next } = await this.context.api.decisions(options);
    const questions: Question[] = [];
    for (const row of items) questions.push(await this.of(row));
    return { items: questions, next };
  }

  /** A question with what it is about. */
  async of(row: DecisionRow): Promise<Question> {
    return { ...row, ...(await this.about(row)) };
  }

  private async about(row: DecisionRow): Promise<About> {
    // Nothing was sent where the step itself asks.
    if (row.decided !== null || row.ask !== undefined) {
      const { flow } = await requireRun(this.context, row.run);
      return { flow, name: nameOf(row.step), action: null, target: null };
    }
    const found = this.known.get(row.id);
    if (found !== undefined) return found;
    const about = await this.read(row);
    // A question that was answered meanwhile, or whose run cannot be read now, is looked at again the next time.
    if (about.target === null) return about;
    const oldest = this.known.keys().next();
    if (this.known.size >= remembered && oldest.done !== true) this.known.delete(oldest.value);
    this.known.set(row.id, about);
    return about;
  }

  private async read({ id, run, step }: DecisionRow): Promise<About> {
    const { flow, open } = await readRun(this.context, run).catch(async (error: unknown) => {
      // One run that cannot be read must not hide the questions of the others.
      if (!(error instanceof PawlError) || error.code !== 'PAWL_RUN_QUARANTINED') throw error;
      return { ...(await requireRun(this.context, run)), open: [] };
    });
    const asked = open.find((each) => each.decision === id);
    return { flow, name: nameOf(step), action: asked?.action ?? null, target: asked?.target ?? null };
  }
}
