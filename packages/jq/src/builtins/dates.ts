import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describeKind } from '../values/describe.ts';
import { type CivilTime, civilFromSeconds, secondsFromCivil } from '../time.ts';
import { formatTime, parseTime } from '../time-format.ts';
import { type Builtins, fromInput, fromValues } from './builtin.ts';

/** Seconds that a date can be made of: years of at most six digits. */
const LARGEST_SECONDS = 1e13;

/** The builtins on dates. Every time zone is UTC. */
export const dates: Builtins = {
  'now/0': fromInput((_, ctx) =>
    ctx.now === undefined ? raise('now is not available: no clock was given') : ctx.now(),
  ),
  'gmtime/0': fromInput((input) => toParts(timeOf(input, 'gmtime'))),
  'localtime/0': fromInput((input) => toParts(timeOf(input, 'localtime'))),
  'mktime/0': fromInput((input) => {
    if (!Array.isArray(input)) return raise('mktime requires array inputs');
    const { year, month, day, hour, minute, second } = fromParts(input, 'mktime');
    const seconds = secondsFromCivil(year, month, day, hour, minute, Math.floor(second));
    // The C library's word for failure, which jq can not tell from the last second of 1969.
    return seconds === -1 ? raise('invalid gmtime representation') : seconds;
  }),
  'strftime/1': fromValues((input, [format], ctx) => formatInput(input, format as Json, 'strftime/1', ctx)),
  'strflocaltime/1': fromValues((input, [format], ctx) => formatInput(input, format as Json, 'strflocaltime/1', ctx)),
  'strptime/1': fromValues((input, [format], ctx) => {
    if (typeof input !== 'string' || typeof format !== 'string')
      return raise('strptime/1 requires string inputs and arguments');
    ctx.spendCharacters((input.length + format.length) * 8);
    const time = parseTime(input, format);
    return time === undefined ? raise(`date "${input}" does not match format "${format}"`) : toParts(time);
  }),
};

function timeOf(input: Json, name: string): CivilTime {
  if (typeof input !== 'number') return raise(`${name}() requires numeric inputs`);
  if (!(Math.abs(input) <= LARGEST_SECONDS)) return raise(`${describeKind(input)} is out of the range of dates`);
  // As the C library is given it: cut to whole seconds, with the fraction counted up from the second below.
  const time = civilFromSeconds(Math.trunc(input));
  return { ...time, second: time.second + (input - Math.floor(input)) };
}

function toParts(time: CivilTime): Json {
  const { year, month, day, hour, minute, second, weekday, yearday } = time;
  return [year, month, day, hour, minute, second, weekday, yearday];
}

function fromParts(parts: Json[], name: string): CivilTime {
  const numbers = parts.map((part) =>
    typeof part === 'number' ? part : raise(`${name} requires parsed datetime inputs`),
  );
  if (numbers.some((part) => !(Math.abs(part) <= LARGEST_SECONDS))) raise(`${name} requires parsed datetime inputs`);
  const [year = 1900, month = 0, day = 0, hour = 0, minute = 0, second = 0, weekday = 0, yearday = 0] = numbers;
  return { year, month, day, hour, minute, second, weekday, yearday };
}

function formatInput(input: Json, format: Json, name: string, ctx: Context): Json {
  if (typeof format !== 'string') return raise(`${name} requires a string format`);
  const isParts = Array.isArray(input);
  if (!isParts && typeof input !== 'number') return raise(`${name} requires parsed datetime inputs`);
  const time = isParts ? fromParts(input, name) : timeOf(input, 'gmtime');
  return ctx.newText(formatTime(time, format));
}
