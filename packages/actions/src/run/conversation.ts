import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { actionLimits } from '../limits.ts';

/** Takes a line of the program; false when there is no more to be heard. */
export type Hear = (line: string, say: (text: string) => void) => boolean;

/** A talk with a program, line by line, over its standard input and output. */
export class Conversation {
  /** Why it was broken off, where the program was to blame. */
  failure: string | undefined;
  readonly #hear: Hear;
  readonly #opening: string;
  #rest = '';
  #over = false;

  constructor(hear: Hear, opening: string) {
    this.#hear = hear;
    this.#opening = opening;
  }

  /** Begins it with a program that has started. `stop` ends the program. */
  begin(child: ChildProcessWithoutNullStreams, stop: () => void): void {
    const say = (text: string): void => void child.stdin.write(`${text}\n`);
    const end = (): void => {
      this.#over = true;
      this.#rest = '';
      child.stdin.end();
      stop();
    };
    child.stdout.on('data', (piece: string) => {
      if (this.#over) return;
      this.#rest += piece;
      const lines = this.#rest.split('\n');
      this.#rest = lines.pop() ?? '';
      if (this.#rest.length > actionLimits.answerBytes) {
        this.failure = `wrote a line of more than ${actionLimits.answerBytes} characters`;
        return end();
      }
      for (const line of lines) {
        if (!this.#over && !this.#hear(line, say)) end();
      }
    });
    say(this.#opening);
  }
}
