import { isObject } from '../json.ts';
import type { Json } from '../json.ts';

/** A length of time: months, whose length depends on where they begin, and milliseconds. Both may have a fraction. */
export interface Duration {
  readonly months: number;
  readonly ms: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** The last moment that JavaScript can name: the end of all additions. */
const endOfTime = 8.64e15;

const number = String.raw`(\d+(?:\.\d+)?)`;
const iso = new RegExp(
  `^P(?!$)(?:${number}Y)?(?:${number}M)?(?:${number}W)?(?:${number}D)?(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
);
const units: Readonly<Record<string, number>> = {
  days: day,
  hours: hour,
  minutes: minute,
  seconds: second,
  milliseconds: 1,
};

/**
 * A duration in either of its written forms: ISO 8601 (fractions, years, months and weeks too) or an object of whole
 * numbers. Undefined when it is neither, or negative.
 */
export function parseDuration(value: Json): Duration | undefined {
  if (typeof value === 'string') return parseIso(value);
  if (!isObject(value)) return undefined;
  let ms = 0;
  for (const [name, amount] of Object.entries(value)) {
    const unit = Object.hasOwn(units, name) ? units[name] : undefined;
    if (unit === undefined || !Number.isInteger(amount)) return undefined;
    ms += unit * (amount as number);
  }
  return Object.keys(value).length > 0 && ms >= 0 ? { months: 0, ms } : undefined;
}

/**
 * The moment (ms since the epoch) a duration after another. Months and years are calendar arithmetic in UTC: a month
 * after 31 January is the last day of February. A fraction of a month is that share of the month then begun.
 */
export function addDuration(from: number, duration: Duration): number {
  const whole = Math.floor(duration.months);
  const share = duration.months - whole;
  const at = addMonths(from, whole);
  const fraction = share === 0 ? 0 : share * (addMonths(from, whole + 1) - at);
  return Math.min(endOfTime, Math.round(at + fraction + duration.ms));
}

/**
 * Milliseconds of a duration that has no beginning, such as how long a key is remembered: a year counts 365 days and a
 * month 28, the fewest it can have.
 */
export function durationMs(duration: Duration): number {
  const years = Math.floor(duration.months / 12);
  return Math.min(endOfTime, Math.round((years * 365 + (duration.months - years * 12) * 28) * day + duration.ms));
}

function parseIso(text: string): Duration | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Milliseconds are added in whole numbers where they can be: 0.1 s is 100 ms, not 100.00000000000001.
  const ms = (weeks * 7 + days) * day + hours * hour + minutes * minute + seconds * second;
  return { months: years * 12 + months, ms: Math.round(ms * 1_000) / 1_000 };
}

function addMonths(from: number, months: number): number {
  if (months === 0) return from;
  const days = Math.floor(from / day);
  const date = civilDate(days);
  const index = date.year * 12 + (date.month - 1) + months;
  const year = Math.floor(index / 12);
  if (year > 275_000) return endOfTime;
  const month = index - year * 12 + 1;
  const lastDay =
    dayNumber(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - dayNumber(year, month, 1);
  return dayNumber(year, month, Math.min(date.day, lastDay)) * day + (from - days * day);
}

// The two functions below turn days since 1970-01-01 into a date of the Gregorian calendar and back, counting years from
// March so that the leap day comes last (H. Hinnant, "chrono-compatible low-level date algorithms"). They stand here
// because this package has no clock: nothing in it may make a Date.

function civilDate(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

function dayNumber(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
