import { compile, JqError, JqLimitError, JqSyntaxError, type Json } from '../index.ts';
import { generateInput, generateProgram } from './generate.ts';
import { Random } from './random.ts';

/** Values that are dear to handle: long, wide, deep, or small with a huge text. Each is cheap to make. */
const DEAR: readonly string[] = [
  '("a" * 4000000)',
  '("ab" * 2000000 + "c")',
  '(" " * 4000000 + "x")',
  '("é" * 1000000)',
  '("1" * 100000)',
  '("[" * 9000)',
  '("\\u0000" * 1000000)',
  '[range(100000)]',
  '[range(20000) | tostring]',
  '[range(20000) | [., -.]]',
  '[range(5000) | {a: ., b: [.]}]',
  '(reduce range(20000) as $i ({}; .["k\\($i)"] = $i))',
  '(reduce range(9000) as $i (0; [.]))',
  '(reduce range(9000) as $i (0; {a: .}))',
  '(reduce range(60) as $i (1; [., .]))',
  '(reduce range(60) as $i (1; {a: ., b: .}))',
  '([range(1000)] | map("a" * 4000))',
  '(("a" * 1000000) as $s | [range(1000) | $s])',
  '[range(10000) | 0]',
  'infinite',
  'nan',
  '1e300',
  '{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}',
];

/** Programs around a dear value `V` and another one `W`. */
const USES: readonly string[] = [
  'V | tojson',
  'V | tostring | length',
  'V | [., .] | sort',
  'V | unique?',
  'V | group_by(.)?',
  'V == W',
  'V < W',
  'V | contains(W)?',
  'V | inside(W)?',
  'V | index(W)?',
  'V | indices(W)?',
  'V - W',
  'V + W',
  'V * W',
  'V / W',
  'V | flatten?',
  'V | add?',
  'V | join(",")?',
  'V | join(W)?',
  'V | implode?',
  'V | explode?',
  'V | split("a")?',
  'V | [splits("a|b")?]',
  'V | gsub("a"; "bb")?',
  'V | gsub(""; "x")?',
  'V | gsub("(?<x>.)"; "\\(.x)\\(.x)")?',
  'V | [match("a*b?"; "g")?]',
  'V | [match("(a)|(b)|(c)"; "g")?]',
  'V | test("(a+)+$")?',
  'V | test("(a|aa)+c")?',
  'V | test("(.*)(.*)(.*)(.*)x")?',
  'V | test(W)?',
  'V | [scan(".")?]',
  'V | capture("(?<x>a*)")?',
  'V | ascii_downcase?, ascii_upcase?',
  'V | trim?, ltrim?, rtrim?',
  'V | ltrimstr(W)?, rtrimstr(W)?, trimstr(W)?',
  'V | startswith(W)?, endswith(W)?',
  'V | @html, @uri, @base64, @sh?, @csv?, @tsv?, @json, @text, @base32',
  'V | @base64d?, @urid?, @base32d?',
  'V | fromjson?',
  'V | tonumber?',
  'V | strptime(W)?',
  'V | strptime("%Y-%m-%d")?',
  'V | strftime("%A" * 1000)?',
  'V | [paths] | length',
  'V | [..] | length',
  'V | [tostream] | length',
  'V | fromstream(tostream)',
  'V | walk(.)',
  'V | map(.)?',
  'V | map_values(.)?',
  'V | to_entries?',
  'V | with_entries(.)?',
  'V | keys?',
  'V | transpose?',
  'V | [combinations?]',
  'V | reverse?',
  'V | min?, max?, min_by(.)?, unique_by(.)?',
  'V | bsearch(W)?',
  'V | del(..)?',
  'V | del(.[0, 1, -1])?',
  'V | .[] += 1',
  'V | (.. | numbers) |= . + 1',
  'V | [limit(1e9; repeat(1))]',
  'V | [range(W)]',
  'V | [range(0; W; 1)]',
  'V as $x | [range(1e6) | $x]',
  'V as $x | reduce range(1e6) as $i (0; $x | length)',
  'V as $x | reduce range(1e6) as $i (0; first($x[]?))',
  'V as $x | reduce range(1e6) as $i (0; $x | getpath([range(1000) | 0])?)',
  'V as $x | [range(10000) | 0] as $p | reduce range(1e6) as $i (0; null | getpath($p))',
  'V as $x | reduce range(1e6) as $i (0; ($x | type) as $t | $x == $x | . == true)',
  'V as $x | reduce range(1e6) as $i (0; $x | tojson | length)',
  'V as $x | reduce range(1e6) as $i (0; try ($x | error) catch 1)',
  'V as $x | reduce range(1e6) as $i (0; try ($x | .a.b.c) catch 1)',
  'V as $x | reduce range(1e6) as $i (0; $x | has("a")? // 1)',
  'V as $x | reduce range(1e6) as $i (0; $x[1:]? // 1)',
  'V as $x | reduce range(1e6) as $i (""; . + "\\($x)")',
  'V as $x | reduce range(1e6) as $i ([]; . + [$x])',
  'V as $x | reduce range(1e6) as $i ({}; .["\\($i)"] = $x)',
  'V | setpath(["__proto__", "polluted"]; 1)?',
  'V | .constructor.prototype.polluted = 1?',
  'V | . * {"__proto__": {"polluted": 1}}?',
  'V | tojson | @json | @json | @json | length',
  'V | [.[:1000]?, .[-1000:]?, .[1:]?]',
  'V | pick(.[0])?',
  'V | IN(W)',
  'V | INDEX(.)?',
  'V | getpath(W)?',
  'V | setpath(W; 1)?',
  'V | delpaths(W)?',
  'V | limit(W; .[]?)',
  'V | tojson[W:]?',
  'V | todate?, gmtime?, mktime?',
  'V | splits(W)?',
  'V | ltrimstr("a")?',
  'V | [.[]? | tostring] | add?',
  'V | error',
  'V | error("\\(.)")',
  '{(V | tostring): W}',
  '"\\(V)\\(W)"',
  '[V, W] | tojson | fromjson',
];

/** A program that did what none may. */
export interface Breach {
  readonly program: string;
  readonly what: string;
}

export interface SafetyOptions {
  readonly programs: number;
  readonly seed: number;
  /** How long a program may take, in milliseconds of this thread's own time. */
  readonly longestMs: number;
  /** The time of this thread so far. */
  readonly threadMs: () => number;
  /** Called with each breach as it is found. */
  readonly found?: (breach: Breach) => void;
}

/** Runs hostile programs: first each use with a few dear values, then random ones. */
export function runSafety({ programs, seed, longestMs, threadMs, found }: SafetyOptions): Breach[] {
  const random = new Random(seed);
  const breaches: Breach[] = [];
  for (let i = 0; i < programs; i++) {
    const program = hostileProgram(random, i);
    const what = check(program, longestMs, threadMs);
    if (what === undefined) continue;
    breaches.push({ program, what });
    found?.({ program, what });
  }
  return breaches;
}

function hostileProgram(random: Random, i: number): string {
  const use = i % 8 === 7 ? `V | ${generateProgram(random, generateInput(random).kind, 2)}` : random.pick(USES);
  return use.replaceAll('V', random.pick(DEAR)).replaceAll('W', random.pick(DEAR));
}

/** What is wrong with a program's run, once more if it was only slow: the machine may be busy. */
function check(program: string, longestMs: number, threadMs: () => number): string | undefined {
  let best = Infinity;
  for (let tries = 0; tries < 3 && best > longestMs; tries++) {
    const started = threadMs();
    const problem = run(program);
    best = Math.min(best, threadMs() - started);
    if (problem !== undefined) return problem;
  }
  return best > longestMs ? `ran ${best.toFixed(0)} ms` : undefined;
}

function run(program: string): string | undefined {
  let outputs: Json[] = [];
  try {
    outputs = compile(program).run({ a: [1] });
  } catch (error) {
    const isExpected = error instanceof JqError || error instanceof JqLimitError || error instanceof JqSyntaxError;
    if (!isExpected) return `threw ${String(error)}`;
  }
  if (outputs.some((output) => isForeign(output))) return 'handed out what is no plain value';
  return 'polluted' in {} || 'polluted' in [] ? 'changed a prototype' : undefined;
}

/** True for a value that is not of JSON's own kinds, or that has another prototype than a literal has. */
function isForeign(value: Json): boolean {
  if (typeof value !== 'object' || value === null)
    return !['string', 'number', 'boolean', 'object'].includes(typeof value);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== (Array.isArray(value) ? Array.prototype : Object.prototype);
}
