import { type Jq, loadJq } from 'jq-wasm';

/** The answer to a question that jq does not survive. */
export const BROKEN = 'broken';

/**
 * jq itself, asked many questions at once: starting it costs far more than a short program. An answer is a JSON text:
 * an array of `[0, output]`, closed by `[1, error]` if the program failed; undefined when it does not compile, and
 * `BROKEN` when jq itself broke.
 */
export class BatchOracle {
  private jq: Jq;
  /** True when the last question broke it. */
  private isBroken = false;

  private constructor(jq: Jq) {
    this.jq = jq;
  }

  static async load(): Promise<BatchOracle> {
    return new BatchOracle(await loadJq());
  }

  /** The answers of each program to each input, program by program. */
  async ask(programs: readonly string[], inputs: readonly string[]): Promise<(string | undefined)[][]> {
    const answers = await this.askOnce(programs, inputs);
    if (answers !== undefined) return answers;
    if (programs.length === 1) return [inputs.map(() => (this.isBroken ? BROKEN : undefined))];
    const half = programs.length >> 1;
    return [...(await this.ask(programs.slice(0, half), inputs)), ...(await this.ask(programs.slice(half), inputs))];
  }

  private async askOnce(programs: readonly string[], inputs: readonly string[]): Promise<string[][] | undefined> {
    const question = programs.map((program) => `[try ((${program})|[0,.]) catch [1,.]]`).join(',');
    this.isBroken = false;
    try {
      const { stdout, exitCode } = this.jq.raw(`[${inputs.join(',')}]`, `.[]|(${question})`, ['-c']);
      const lines = stdout.trimEnd().split('\n');
      if (exitCode !== 0 || lines.length !== programs.length * inputs.length) return undefined;
      return programs.map((_, p) => inputs.map((_, i) => lines[i * programs.length + p] ?? ''));
    } catch {
      // A handle that broke once stays broken.
      this.isBroken = true;
      this.jq = await loadJq();
      return undefined;
    }
  }
}
