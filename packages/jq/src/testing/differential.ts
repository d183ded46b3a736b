import { compile, JqError, JqLimitError, JqSyntaxError, type Json } from '../index.ts';
import { BatchOracle, BROKEN } from './batch-oracle.ts';
import { explain } from './differences.ts';
import { generateInput, generateProgram } from './generate.ts';
import { Random } from './random.ts';

/** A program and an input on which jq and this package disagree without a documented reason. */
export interface Disagreement {
  readonly program: string;
  readonly input: string;
  readonly theirs: string | undefined;
  readonly ours: string | undefined;
}

/** What a round of random programs came to. */
export interface Tally {
  programs: number;
  evaluations: number;
  /** Evaluations that gave at least one value. */
  withValue: number;
  /** Evaluations that reached a limit here, which jq does not have. */
  limited: number;
  /** Evaluations by the documented difference that explains them. */
  readonly explained: Map<string, number>;
  readonly disagreements: Disagreement[];
}

export interface DifferentialOptions {
  readonly programs: number;
  readonly seed: number;
  /** Stops early once there are so many disagreements. Default: no bound. */
  readonly atMost?: number;
  /** Called now and then. */
  readonly progress?: (tally: Tally) => void;
}

const PROGRAMS_AT_ONCE = 24;
const INPUTS_AT_ONCE = 3;
const LARGEST_DEPTH = 3;

/** Runs random programs here and in jq. Each program meets several inputs of one kind. */
export async function runDifferential(options: DifferentialOptions): Promise<Tally> {
  const random = new Random(options.seed);
  const oracle = await BatchOracle.load();
  const explained = new Map<string, number>();
  const tally: Tally = { programs: 0, evaluations: 0, withValue: 0, limited: 0, explained, disagreements: [] };
  while (tally.programs < options.programs && tally.disagreements.length < (options.atMost ?? Infinity)) {
    const count = Math.min(PROGRAMS_AT_ONCE, options.programs - tally.programs);
    const first = generateInput(random);
    const inputs = [first.text];
    while (inputs.length < INPUTS_AT_ONCE) {
      const { kind, text } = generateInput(random);
      if (kind === first.kind || random.chance(0.1)) inputs.push(text);
    }
    const programs = Array.from({ length: count }, () =>
      generateProgram(random, first.kind, 1 + random.below(LARGEST_DEPTH)),
    );
    const answers = await oracle.ask(programs, inputs);
    for (const [p, program] of programs.entries()) {
      for (const [i, input] of inputs.entries()) {
        if (!judge(tally, program, input, answers[p]?.[i])) break;
      }
    }
    tally.programs += count;
    options.progress?.(tally);
  }
  return tally;
}

/** Compares one evaluation; false when it is a disagreement. */
function judge(tally: Tally, program: string, input: string, theirs: string | undefined): boolean {
  tally.evaluations += 1;
  const ours = answerOf(program, input);
  if (ours === LIMITED) tally.limited += 1;
  else if (ours?.startsWith('[[0,') === true) tally.withValue += 1;
  if (ours === theirs || ours === LIMITED || theirs === BROKEN) return true;
  const reason = theirs === undefined || ours === undefined ? undefined : explain(program, input, theirs, ours);
  if (reason !== undefined) tally.explained.set(reason, (tally.explained.get(reason) ?? 0) + 1);
  else tally.disagreements.push({ program, input, theirs, ours });
  return reason !== undefined;
}

const LIMITED = 'limited';
const printer = compile('tojson');

/** This package's answer in the words of the oracle; `limited` when the program used up its budget. */
function answerOf(program: string, input: string): string | undefined {
  const parts: string[] = [];
  const text = (value: Json): string => printer.evaluate(value) as string;
  try {
    compile(program).each(JSON.parse(input) as Json, {}, (value) => parts.push(`[0,${text(value)}]`));
  } catch (error) {
    if (error instanceof JqLimitError) return LIMITED;
    if (error instanceof JqSyntaxError) return undefined;
    if (!(error instanceof JqError)) throw error;
    parts.push(`[1,${text(error.value)}]`);
  }
  return `[${parts.join(',')}]`;
}
