import { type CivilTime, civilFromSeconds, daysFromCivil, secondsFromCivil, weekdayOf } from './time.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Conversions that stand for several others. */
const COMPOSED: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  h: '%b',
};

/** A time as `strftime` writes it in the C locale and UTC. An unknown conversion is kept as it is. */
export function formatTime(time: CivilTime, format: string): string {
  return format.replace(/%[-_0^#]?([A-Za-z%])/g, (whole, letter: string) => {
    const composed = Object.hasOwn(COMPOSED, letter) ? COMPOSED[letter] : undefined;
    if (composed !== undefined) return formatTime(time, composed);
    const write = Object.hasOwn(WRITERS, letter) ? WRITERS[letter] : undefined;
    return write === undefined ? whole : write(time);
  });
}

function pad(value: number, width: number, fill = '0'): string {
  return String(value).padStart(width, fill);
}

function hour12(time: CivilTime): number {
  return time.hour % 12 === 0 ? 12 : time.hour % 12;
}

function yearText(year: number): string {
  return year > 9999 ? `+${String(year)}` : String(year);
}

/** The ISO 8601 year and week: week 1 has the year's first Thursday. */
function isoWeek(time: CivilTime): { year: number; week: number } {
  const days = daysFromCivil(time.year, time.month, time.day);
  const thursday = civilFromSeconds((days - ((weekdayOf(days) + 6) % 7) + 3) * 86_400);
  return { year: thursday.year, week: Math.floor(thursday.yearday / 7) + 1 };
}

const WRITERS: Readonly<Record<string, (time: CivilTime) => string>> = {
  a: (t) => (DAYS[t.weekday] ?? '?').slice(0, 3),
  A: (t) => DAYS[t.weekday] ?? '?',
  b: (t) => (MONTHS[t.month] ?? '?').slice(0, 3),
  B: (t) => MONTHS[t.month] ?? '?',
  C: (t) => pad(Math.floor(t.year / 100), 2),
  d: (t) => pad(t.day, 2),
  e: (t) => pad(t.day, 2, ' '),
  g: (t) => pad(isoWeek(t).year % 100, 2),
  G: (t) => yearText(isoWeek(t).year),
  H: (t) => pad(t.hour, 2),
  I: (t) => pad(hour12(t), 2),
  j: (t) => pad(t.yearday + 1, 3),
  k: (t) => pad(t.hour, 2, ' '),
  l: (t) => pad(hour12(t), 2, ' '),
  m: (t) => pad(t.month + 1, 2),
  M: (t) => pad(t.minute, 2),
  n: () => '\n',
  p: (t) => (t.hour < 12 ? 'AM' : 'PM'),
  P: (t) => (t.hour < 12 ? 'am' : 'pm'),
  s: (t) => String(secondsFromCivil(t.year, t.month, t.day, t.hour, t.minute, Math.floor(t.second))),
  S: (t) => pad(Math.floor(t.second), 2),
  t: () => '\t',
  u: (t) => String(t.weekday === 0 ? 7 : t.weekday),
  U: (t) => pad(Math.floor((t.yearday + 7 - t.weekday) / 7), 2),
  V: (t) => pad(isoWeek(t).week, 2),
  w: (t) => String(t.weekday),
  W: (t) => pad(Math.floor((t.yearday + 7 - ((t.weekday + 6) % 7)) / 7), 2),
  y: (t) => pad(((t.year % 100) + 100) % 100, 2),
  Y: (t) => yearText(t.year),
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
};

/** What a format has read so far. */
interface Reading {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  isAfternoon: boolean | undefined;
  yearday: number | undefined;
}

/** A text read as `strptime` does; undefined when it does not match the format. A zone is read and ignored. */
export function parseTime(text: string, format: string): CivilTime | undefined {
  const reading: Reading = {
    year: 1900,
    month: 0,
    day: 0,
    hour: 0,
    minute: 0,
    second: 0,
    isAfternoon: undefined,
    yearday: undefined,
  };
  if (read(text, 0, format, reading) !== text.length) return undefined;
  if (reading.isAfternoon !== undefined) reading.hour = (reading.hour % 12) + (reading.isAfternoon ? 12 : 0);
  if (reading.yearday !== undefined && reading.day === 0) {
    const date = civilFromSeconds((daysFromCivil(reading.year, 0, 1) + reading.yearday) * 86_400);
    reading.month = date.month;
    reading.day = date.day;
  }
  const days = daysFromCivil(reading.year, reading.month, reading.day);
  const yearday = days - daysFromCivil(reading.year, 0, 1);
  const { year, month, day, hour, minute, second } = reading;
  return { year, month, day, hour, minute, second, weekday: weekdayOf(days), yearday };
}

/** Reads a text by a format from an offset; gives the offset after it, or undefined. */
function read(text: string, from: number, format: string, reading: Reading): number | undefined {
  let at: number | undefined = from;
  for (let i = 0; i < format.length && at !== undefined; i++) {
    const character = format[i] as string;
    if (/\s/.test(character)) at = skipBlanks(text, at);
    else if (character !== '%') at = text[at] === character ? at + 1 : undefined;
    else {
      i += 1;
      at = readConversion(text, at, format[i] ?? '', reading);
    }
  }
  return at;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return at;
}

function readConversion(text: string, from: number, letter: string, reading: Reading): number | undefined {
  const composed = Object.hasOwn(COMPOSED, letter) ? COMPOSED[letter] : undefined;
  if (composed !== undefined) return read(text, from, composed, reading);
  if (letter === '%') return text[from] === '%' ? from + 1 : undefined;
  if (letter === 'n' || letter === 't') return skipBlanks(text, from);
  if (letter === 'Z') return matchEnd(/[A-Za-z]+/y, text, from);
  if (letter === 'z') return matchEnd(/Z|[+-]\d\d:?(?:\d\d)?/y, text, skipBlanks(text, from));
  return readName(text, from, letter, reading) ?? readNumber(text, from, letter, reading);
}

function matchEnd(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function readName(text: string, from: number, letter: string, reading: Reading): number | undefined {
  if (letter === 'a' || letter === 'A') return findName(text, from, DAYS)?.end;
  if (letter === 'p') {
    const found = findName(text, from, ['AM', 'PM']);
    if (found !== undefined) reading.isAfternoon = found.index === 1;
    return found?.end;
  }
  if (letter !== 'b' && letter !== 'B') return undefined;
  const found = findName(text, from, MONTHS);
  if (found !== undefined) reading.month = found.index;
  return found?.end;
}

function findName(text: string, from: number, names: readonly string[]): { index: number; end: number } | undefined {
  for (const [index, name] of names.entries()) {
    for (const form of [name, name.slice(0, 3)]) {
      if (text.slice(from, from + form.length).toLowerCase() === form.toLowerCase())
        return { index, end: from + form.length };
    }
  }
  return undefined;
}

interface NumberField {
  readonly digits: number;
  readonly low: number;
  readonly high: number;
  readonly set: (reading: Reading, value: number) => void;
}

const FIELDS: Readonly<Record<string, NumberField>> = {
  Y: { digits: 4, low: 0, high: 9999, set: (r, v) => (r.year = v) },
  y: { digits: 2, low: 0, high: 99, set: (r, v) => (r.year = v < 69 ? 2000 + v : 1900 + v) },
  m: { digits: 2, low: 1, high: 12, set: (r, v) => (r.month = v - 1) },
  d: { digits: 2, low: 1, high: 31, set: (r, v) => (r.day = v) },
  e: { digits: 2, low: 1, high: 31, set: (r, v) => (r.day = v) },
  H: { digits: 2, low: 0, high: 23, set: (r, v) => (r.hour = v) },
  k: { digits: 2, low: 0, high: 23, set: (r, v) => (r.hour = v) },
  I: { digits: 2, low: 1, high: 12, set: (r, v) => (r.hour = v) },
  l: { digits: 2, low: 1, high: 12, set: (r, v) => (r.hour = v) },
  M: { digits: 2, low: 0, high: 59, set: (r, v) => (r.minute = v) },
  S: { digits: 2, low: 0, high: 60, set: (r, v) => (r.second = v) },
  j: { digits: 3, low: 1, high: 366, set: (r, v) => (r.yearday = v - 1) },
  u: { digits: 1, low: 1, high: 7, set: () => undefined },
  w: { digits: 1, low: 0, high: 6, set: () => undefined },
  s: {
    digits: 12,
    low: 0,
    high: 1e12,
    set: (r, v) => {
      const { year, month, day, hour, minute, second } = civilFromSeconds(v);
      Object.assign(r, { year, month, day, hour, minute, second });
    },
  },
};

function readNumber(text: string, from: number, letter: string, reading: Reading): number | undefined {
  const field = Object.hasOwn(FIELDS, letter) ? FIELDS[letter] : undefined;
  if (field === undefined) return undefined;
  const start = skipBlanks(text, from);
  const digits = /^\d+/.exec(text.slice(start, start + field.digits))?.[0];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (value < field.low || value > field.high) return undefined;
  field.set(reading, value);
  return start + digits.length;
}
