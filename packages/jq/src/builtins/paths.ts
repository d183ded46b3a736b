import {
  type Filter,
  genFilter,
  NO_PATH,
  oneFilter,
  type Paths,
  pathKeys,
  requirePath,
  withTraits,
} from '../compile/filter.ts';
import { raise } from '../errors.ts';
import { isTruthy, type Json } from '../json.ts';
import { describe } from '../values/describe.ts';
import { deletePaths } from '../values/delete-paths.ts';
import { getPath, setPath } from '../values/paths.ts';
import { type Builtins, fromValues } from './builtin.ts';
import { recurseDown } from './generators.ts';

/** The builtins on paths. */
export const paths: Builtins = {
  'path/1': ([f]) => pathOf(f as Filter),
  'paths/0': () => pathsBelow(undefined),
  'paths/1': ([test]) => pathsBelow(test as Filter),
  'getpath/1': ([path]) => getpath(path as Filter),
  'setpath/2': fromValues((input, [path, value], ctx) => setPath(input, requireKeys(path as Json), value as Json, ctx)),
  'delpaths/1': fromValues((input, [list], ctx) => {
    if (!Array.isArray(list)) return raise('Paths must be specified as an array');
    return deletePaths(input, list, ctx);
  }),
  'del/1': ([f]) => del(f as Filter),
};

function requireKeys(path: Json): Json[] {
  return Array.isArray(path) ? path : raise('Path must be specified as an array');
}

function pathOf(f: Filter): Filter {
  return genFilter((input, env, emit) =>
    f.paths(input, undefined, env, (value, path) => {
      const keys = pathKeys(requirePath(path, value));
      env.ctx.spendElements(keys.length);
      return emit(keys);
    }),
  );
}

/** Paths of everything below the input, or of what passes a test there. */
function pathsBelow(test: Filter | undefined): Filter {
  return genFilter((input, env, emit) =>
    recurseDown(input, undefined, env, (value, path) => {
      const keys = pathKeys(requirePath(path, value));
      env.ctx.spendElements(keys.length);
      if (test === undefined) return keys.length > 0 && emit(keys);
      return test.gen(value, env, (passed) => isTruthy(passed) && keys.length > 0 && emit(keys));
    }),
  );
}

function getpath(path: Filter): Filter {
  const paths: Paths = (input, at, env, emit) =>
    path.gen(input, env, (keys) => {
      if (at === NO_PATH)
        raise(`Invalid path expression near attempt to access element ${describe(keys)} of ${describe(input)}`);
      const value = getPath(input, requireKeys(keys), env.ctx);
      let link = at;
      for (const key of requireKeys(keys)) link = { key, up: link };
      return emit(value, link);
    });
  const values = fromValues((input, [keys], ctx) => getPath(input, requireKeys(keys as Json), ctx))([path]);
  return withTraits(values, {}, paths);
}

function del(f: Filter): Filter {
  return oneFilter((input, env) => {
    const found: Json[] = [];
    f.paths(input, undefined, env, (value, path) => {
      const keys = pathKeys(requirePath(path, value));
      env.ctx.spend(1 + keys.length / 8);
      found.push(keys);
      return false;
    });
    return found.length === 0 ? input : deletePaths(input, found, env.ctx);
  }, f.weight + 4);
}
