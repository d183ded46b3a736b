import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { authenticationPlaces, valueAt } from '../call-places.ts';
import { member } from '../member.ts';
import { nearestHint } from './nearest.ts';
import { refuse } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** Every name that refers into `use` is there. Names that `call` gives are judged by the rules for calls. */
export function lintReferences(lint: Lint): void {
  check(lint, lint.document['timeout'], '/timeout', 'timeouts', 'timeout');
  for (const site of lint.sites.tasks) {
    check(lint, site.task['timeout'], `${site.path}/timeout`, 'timeouts', 'timeout');
    check(lint, member(site.task['catch'], 'retry'), `${site.path}/catch/retry`, 'retries', 'retry policy');
    check(lint, member(site.task['raise'], 'error'), `${site.path}/raise/error`, 'errors', 'error');
    for (const { value, path } of authenticationsOf(site))
      check(lint, member(value, 'use'), `${path}/use`, 'authentications', 'authentication policy');
  }
}

/** The authentication policies in the arguments of a call. */
export function authenticationsOf({
  task,
  path,
}: TaskSite): readonly { readonly value: JsonObject; readonly path: string }[] {
  return authenticationPlaces(String(task['call'])).flatMap((names) => {
    const value = valueAt(task['with'], names);
    return isObject(value) ? [{ value, path: `${path}/with/${names.join('/')}` }] : [];
  });
}

/** The things of a part of `use`, by name. */
export function used(document: JsonObject, part: string): JsonObject {
  const found = member(document['use'], part);
  return isObject(found) ? found : {};
}

function check(lint: Lint, name: Json | undefined, path: string, part: string, what: string): void {
  if (typeof name !== 'string') return;
  const known = used(lint.document, part);
  if (Object.hasOwn(known, name)) return;
  refuse(
    lint,
    'PAWL_FLOW_USE_UNKNOWN',
    path,
    `There is no ${what} named ${name} in use.${part}.`,
    () => nearestHint(name, Object.keys(known)) ?? `add it below use.${part}`,
  );
}
