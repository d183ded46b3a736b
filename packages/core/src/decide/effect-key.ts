import type { Json } from '../json.ts';
import type { Hash } from '../ports.ts';
import { frameOf } from '../state/frames.ts';
import type { ListName } from '../state/events.ts';
import type { Frame, RunState } from '../state/state.ts';
import { nameOf } from '../state/journal-view.ts';

/**
 * The default effect key of a step that is entered: where it stands in its run, and nothing of the attempt. The path
 * holds strings and numbers only, so its JSON text is canonical. `n` tells apart the effects that one place makes when an enclosing retry comes by again.
 */
export function effectKey(state: RunState, parent: Frame, name: string, visit: number, n: number, hash: Hash): string {
  const path: Json[] = [[listName(parent), name, visit, parent.n ?? 0]];
  for (let frame = parent; frame.p !== undefined; ) {
    const above = frameOf(state, frame.p);
    // A branch is only the place of its task.
    if (frame.kind !== 'branch') path.unshift([listName(above), nameOf(frame.step), frame.v, above.n ?? 0]);
    frame = above;
  }
  const place = n === 1 ? [state.id, ...path] : [state.id, ...path, n];
  return base32(hash.sha256(JSON.stringify(place)));
}

function listName(holder: Frame): ListName {
  return holder.kind === 'branch' ? 'branches' : (holder.cursor?.list ?? 'do');
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** Both letters of each 10-bit number. */
const pairs = Array.from({ length: 1024 }, (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31));

/** RFC 4648 base32, in lower case, of the first 15 bytes of a hex text: 24 characters. */
function base32(hex: string): string {
  let text = '';
  for (let at = 0; at < 30; at += 5) {
    const bits = Number.parseInt(hex.slice(at, at + 5), 16);
    text += (pairs[bits >> 10] ?? '') + (pairs[bits & 1023] ?? '');
  }
  return text;
}
