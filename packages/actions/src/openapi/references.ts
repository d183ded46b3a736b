import { isObject } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { actionLimits } from '../limits.ts';
import { notADocument } from '../resource/parse-document.ts';

/** A description of an API, with the references within it followed where they are met. */
export class Description {
  readonly root: JsonObject;
  /** As errors show where it came from. */
  readonly shownUrl: string;

  constructor(root: JsonObject, shownUrl: string) {
    this.root = root;
    this.shownUrl = shownUrl;
  }

  /** What stands at a place; a reference there is followed. Throws a FailedAttempt for one that leads nowhere or outside. */
  follow(value: Json | undefined): Json | undefined {
    let at = value;
    for (let n = 0; isObject(at) && typeof at['$ref'] === 'string'; n++) {
      const reference = at['$ref'];
      if (n === actionLimits.documentReferences)
        throw notADocument(this.shownUrl, `its reference ${reference} leads in a circle`);
      at = this.#at(reference);
    }
    return at;
  }

  /** An object; an empty one where there is none. */
  object(value: Json | undefined): JsonObject {
    const found = this.follow(value);
    return isObject(found) ? found : {};
  }

  /** A list; an empty one where there is none. */
  list(value: Json | undefined): readonly Json[] {
    const found = this.follow(value);
    return Array.isArray(found) ? found : [];
  }

  #at(reference: string): Json {
    if (!reference.startsWith('#'))
      throw notADocument(
        this.shownUrl,
        `it refers to another document (${reference.slice(0, 120)}), which Pawl does not follow`,
      );
    const found = reference
      .slice(1)
      .split('/')
      .slice(1)
      .map((segment) => decoded(segment).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<Json | undefined>(step, this.root);
    if (found === undefined)
      throw notADocument(this.shownUrl, `its reference ${reference.slice(0, 120)} leads nowhere`);
    return found;
  }
}

/** A member of a value that may be no object, or not there. */
export function memberOf(owner: Json | undefined, name: string): Json | undefined {
  return isObject(owner) && Object.hasOwn(owner, name) ? owner[name] : undefined;
}

/** Texts of a list that may not be there. */
export function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function step(owner: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(owner)) return (owner as readonly Json[])[Number(name)];
  return memberOf(owner, name);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
