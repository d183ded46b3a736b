import type { Json } from '../json.ts';

/** A case of jq's test files: a program, its input and its outputs; `fails` when it must not compile. */
export interface Case {
  readonly program: string;
  readonly input: Json;
  readonly outputs: readonly Json[];
  readonly fails: boolean;
}

/** Reads the format of jq's test files: program, input and outputs line by line, cases parted by blank lines. */
export function parseCases(text: string): Case[] {
  const cases: Case[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const lines = block.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const [program, input, ...outputs] = lines;
    if (program === undefined) continue;
    if (program.startsWith('%%FAIL')) cases.push({ program: input ?? '', input: null, outputs: [], fails: true });
    else if (input !== undefined) {
      cases.push({
        program,
        input: JSON.parse(input) as Json,
        outputs: outputs.map((line) => JSON.parse(line) as Json),
        fails: false,
      });
    }
  }
  return cases;
}
