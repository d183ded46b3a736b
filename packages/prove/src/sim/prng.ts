/**
 * A small seeded generator (sfc32): everything random in a simulation comes from one of these, so that a seed gives the
 * same history on every machine.
 */
export class Prng {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** `seed` is a non-negative integer below 2^53; `stream` tells generators of one seed apart. */
  constructor(seed: number, stream = 0) {
    this.a = seed | 0;
    this.b = Math.floor(seed / 4_294_967_296) | 0;
    this.c = stream | 0;
    this.d = 1;
    // The first numbers still show the seed; these rounds mix it in.
    for (let round = 0; round < 15; round += 1) this.next32();
  }

  /** An unsigned 32-bit number. */
  next32(): number {
    const sum = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.next32() / 4_294_967_296;
  }

  /** An integer from 0 to `end` - 1. */
  int(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** A number from `from` up to `to`. */
  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items; there must be one. */
  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  /** One of the names, each as likely as its weight. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    return (entries.at(-1) as [Name, number])[0];
  }

  /** So many random bytes as hex. */
  hex(bytes: number): string {
    let text = '';
    for (let rest = bytes; rest > 0; rest -= 4) {
      const word = this.next32().toString(16).padStart(8, '0');
      text += rest >= 4 ? word : word.slice(0, rest * 2);
    }
    return text;
  }

  /** A generator of its own, drawn from this one. */
  fork(): Prng {
    return new Prng(this.next32() + this.next32() * 1_048_576, this.next32());
  }
}
