import { parse } from '../syntax/parser.ts';
import type { Definition } from '../syntax/ast.ts';

/** Builtins that are best said in jq itself, by `name/arity`. They are parsed when first used. */
const PRELUDE: ReadonlyMap<string, string> = new Map([
  ['while/2', 'def while(cond; update): def _while: if cond then ., (update | _while) else empty end; _while;'],
  ['recurse/2', 'def recurse(f; cond): def r: ., (f | select(cond) | r); r;'],
  ['map_values/1', 'def map_values(f): .[] |= f;'],
  ['with_entries/1', 'def with_entries(f): to_entries | map(f) | from_entries;'],
  [
    'combinations/0',
    'def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $y | [$x] + $y end;',
  ],
  ['combinations/1', 'def combinations(n): . as $dot | [range(n) | $dot] | combinations;'],
  [
    'fromstream/1',
    `def fromstream(f): { x: null, e: false } as $init
      | foreach f as $i ($init;
          if .e then $init end
          | if $i | length == 2
            then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1])
            else setpath(["e"]; $i[0] | length == 1) end;
          if .e then .x else empty end);`,
  ],
  [
    'truncate_stream/1',
    'def truncate_stream(stream): . as $n | null | stream | . as $input | if (.[0]|length) > $n then setpath([0]; $input[0][$n:]) else empty end;',
  ],
  ['transpose/0', 'def transpose: [range(0; map(length) | max // 0) as $i | [.[][$i]]];'],
  ['pick/1', 'def pick(pathexps): . as $top | reduce path(pathexps) as $p (null; setpath($p; $top | getpath($p)));'],
  ['debug/1', 'def debug(msgs): (msgs | debug | empty), .;'],
  ['in/1', 'def in(xs): . as $x | xs | has($x);'],
  ['inside/1', 'def inside(xs): . as $x | xs | contains($x);'],
  ['INDEX/2', 'def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);'],
  ['INDEX/1', 'def INDEX(f): INDEX(.[]; f);'],
  ['JOIN/2', 'def JOIN($idx; f): [.[] | [., $idx[f]]];'],
  ['JOIN/3', 'def JOIN($idx; stream; f): stream | [., $idx[f]];'],
  ['JOIN/4', 'def JOIN($idx; stream; f; join): stream | [., $idx[f]] | join;'],
  ['IN/1', 'def IN(s): any(s == .; .);'],
  ['IN/2', 'def IN(src; s): any(src == s; .);'],
  ['ascii/0', 'def ascii: [.] | implode;'],
  ['todate/0', 'def todate: strftime("%Y-%m-%dT%H:%M:%SZ");'],
  ['todateiso8601/0', 'def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");'],
  ['fromdate/0', 'def fromdate: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;'],
  ['fromdateiso8601/0', 'def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;'],
  ['date/0', 'def date: todate;'],
  ['dateadd/2', 'def dateadd(u; n): . + n;'],
  ['datesub/2', 'def datesub(u; n): . - n;'],
  ['finites/0', 'def finites: select(isfinite);'],
  ['normals/0', 'def normals: select(isnormal);'],
  [
    'nth/2',
    `def nth($n; f): if $n < 0 then error("nth doesn't support negative indices") else first(skip($n; f)) end;`,
  ],
  ['all/2', 'def all(generator; condition): isempty(generator | condition and empty);'],
  ['any/2', 'def any(generator; condition): isempty(generator | condition or empty) | not;'],
  ['all/1', 'def all(condition): all(.[]; condition);'],
  ['any/1', 'def any(condition): any(.[]; condition);'],
  ['all/0', 'def all: all(.[]; .);'],
  ['any/0', 'def any: any(.[]; .);'],
  ['error/1', 'def error(msg): msg | error;'],
]);

/** The names of the prelude, as `name/arity`. */
export const PRELUDE_NAMES: readonly string[] = [...PRELUDE.keys()];

const parsed = new Map<string, Definition>();

/** The definition of a builtin of the prelude, if it has one of that name and arity. */
export function preludeDefinition(name: string, arity: number): Definition | undefined {
  const key = `${name}/${String(arity)}`;
  const known = parsed.get(key);
  const source = PRELUDE.get(key);
  if (known !== undefined || source === undefined) return known;
  const node = parse(`${source} .`);
  if (node.type !== 'define') throw new Error(`the prelude's ${key} is not a definition`);
  parsed.set(key, node.definition);
  return node.definition;
}
