import type { Context } from '../compile/context.ts';
import type { Json } from '../json.ts';
import { numberText } from './number-text.ts';

/** Levels printed without counting; deeper ones are checked against the context's limit. */
const SHOWN_LEVELS = 64;

/** The JSON text of a value on one line, as jq's `tojson` prints it, charged to the budget. */
export function toJson(value: Json, ctx: Context): string {
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  const writer = new Writer(ctx, Infinity);
  writer.write(value, 0);
  return ctx.newText(writer.text);
}

/** The beginning of a value's JSON text: writing stops once it is longer than `enough`. */
export function appendJson(value: Json, enough: number): string {
  const writer = new Writer(undefined, enough);
  writer.write(value, 0);
  return writer.text;
}

/** A string as JSON text. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.includes('\u007f') ? quoted.replaceAll('\u007f', '\\u007f') : quoted;
}

class Writer {
  text = '';
  private readonly ctx: Context | undefined;
  private readonly enough: number;

  constructor(ctx: Context | undefined, enough: number) {
    this.ctx = ctx;
    this.enough = enough;
  }

  write(value: Json, depth: number): void {
    if (typeof value === 'string') this.text += quote(value.length > this.enough ? value.slice(0, this.enough) : value);
    else if (typeof value === 'number') this.text += numberText(value);
    else if (value === null || typeof value === 'boolean') this.text += String(value);
    else {
      this.ctx?.checkDepth(depth);
      if (this.ctx === undefined && depth > SHOWN_LEVELS) return;
      if (Array.isArray(value)) this.writeArray(value, depth);
      else this.writeObject(value, depth);
    }
  }

  private writeArray(value: Json[], depth: number): void {
    this.text += '[';
    for (let i = 0; i < value.length; i++) {
      if (this.isFull()) return;
      if (i > 0) this.text += ',';
      this.write(value[i] as Json, depth + 1);
    }
    this.text += ']';
  }

  private writeObject(value: { [key: string]: Json }, depth: number): void {
    const keys = Object.keys(value);
    this.text += '{';
    for (let i = 0; i < keys.length; i++) {
      if (this.isFull()) return;
      const key = keys[i] as string;
      this.text += `${i > 0 ? ',' : ''}${quote(key)}:`;
      this.write(value[key] as Json, depth + 1);
    }
    this.text += '}';
  }

  /** Stops a text that is only shown once it is long enough, and a text that is kept once it is too long. */
  private isFull(): boolean {
    if (this.ctx === undefined) return this.text.length > this.enough;
    this.ctx.spend(1 / 8);
    this.ctx.checkString(this.text.length);
    return false;
  }
}
