import type { Context } from '../compile/context.ts';
import type { Json, JsonObject } from '../json.ts';
import { setOwn } from './objects.ts';

/** A container on the way through a value, and how far it has been gone through. */
interface Frame {
  readonly source: Json[] | JsonObject;
  /** The keys of an object. */
  readonly keys: readonly string[] | undefined;
  readonly copy: Json[] | JsonObject;
  at: number;
}

/**
 * Rebuilds a value from its leaves up: `finish` is given each leaf and each container made of finished parts, with what
 * it was before, and gives its replacement or undefined to leave it out. It keeps its own stack, so that a value may nest
 * as deep as the limit allows.
 */
export function rebuild(
  input: Json,
  ctx: Context,
  finish: (value: Json, before: Json) => Json | undefined,
): Json | undefined {
  if (typeof input !== 'object' || input === null) return finish(input, input);
  const frames: Frame[] = [enter(input, ctx)];
  for (;;) {
    const frame = frames.at(-1) as Frame;
    const item = itemOf(frame);
    if (item !== undefined) {
      ctx.spend(1);
      if (typeof item === 'object' && item !== null) {
        ctx.checkDepth(frames.length);
        frames.push(enter(item, ctx));
      } else {
        const value = finish(item, item);
        if (value !== undefined) keep(frame, value);
        frame.at += 1;
      }
      continue;
    }
    frames.pop();
    const value = finish(frame.copy, frame.source);
    const parent = frames.at(-1);
    if (parent === undefined) return value;
    if (value !== undefined) keep(parent, value);
    parent.at += 1;
  }
}

function enter(source: Json[] | JsonObject, ctx: Context): Frame {
  if (Array.isArray(source)) return { source, keys: undefined, copy: [], at: 0 };
  const keys = Object.keys(source);
  ctx.spendMembers(keys.length);
  return { source, keys, copy: {}, at: 0 };
}

function itemOf({ source, keys, at }: Frame): Json | undefined {
  if (keys === undefined) return (source as Json[])[at];
  const key = keys[at];
  return key === undefined ? undefined : (source as JsonObject)[key];
}

function keep({ copy, keys, at }: Frame, value: Json): void {
  if (Array.isArray(copy)) copy.push(value);
  else setOwn(copy, keys?.[at] as string, value);
}

/** Where a part stands in a value: its key, and where its container stands. The root has none. */
export interface Place {
  readonly key: Json;
  readonly up: Place | undefined;
}

/**
 * Sends a value and everything below it, each container before its parts, with its place below the given one.
 * `leave` is called when the last part of a container has been sent, with that part's place. True stops.
 */
export function descend(
  input: Json,
  place: Place | undefined,
  ctx: Context,
  emit: (value: Json, place: Place | undefined) => boolean,
  leave?: (last: Place) => boolean,
): boolean {
  ctx.spend(1);
  if (emit(input, place)) return true;
  if (typeof input !== 'object' || input === null) return false;
  const frames = [{ ...enter(input, ctx), place }];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const item = itemOf(frame);
    if (item === undefined) {
      frames.pop();
      if (frame.at > 0 && leave?.({ key: keyAt(frame, frame.at - 1), up: frame.place }) === true) return true;
      continue;
    }
    const below: Place = { key: keyAt(frame, frame.at), up: frame.place };
    frame.at += 1;
    ctx.spend(1);
    if (emit(item, below)) return true;
    if (typeof item === 'object' && item !== null) {
      ctx.checkDepth(frames.length);
      frames.push({ ...enter(item, ctx), place: below });
    }
  }
  return false;
}

function keyAt({ keys }: Frame, at: number): Json {
  return keys === undefined ? at : (keys[at] as string);
}

/** The keys of a place, from the root. */
export function keysOf(place: Place | undefined): Json[] {
  const keys: Json[] = [];
  for (let at = place; at !== undefined; at = at.up) keys.push(at.key);
  return keys.reverse();
}
