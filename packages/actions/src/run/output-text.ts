/** Text that is written bit by bit and kept up to a bound; what is cut off is counted and told. */
export class OutputText {
  readonly #bound: number;
  #kept = '';
  #cut = 0;

  /** `bound`: characters that are kept. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  write(text: string): void {
    const room = this.#bound - this.#kept.length;
    if (text.length <= room) {
      this.#kept += text;
      return;
    }
    this.#kept += text.slice(0, room);
    this.#cut += text.length - room;
  }

  /** What was kept, as text that JSON can hold; its last line tells what was cut off. */
  text(): string {
    const kept = this.#kept.toWellFormed();
    return this.#cut === 0 ? kept : `${kept}\n[Pawl cut off ${this.#cut} more characters]\n`;
  }
}
