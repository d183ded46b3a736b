/** Calendar arithmetic in UTC on the proleptic Gregorian calendar, without the host's clock or zone. */

const SECONDS_PER_DAY = 86_400;

/** A moment taken apart, as jq's "broken down time": months from 0, weekdays from Sunday = 0, days of the year from 0. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly yearday: number;
}

/** Days from 1970-01-01 to a date. Months outside 0..11 and days outside the month carry over. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const carried = year + Math.floor(month / 12);
  const m = ((month % 12) + 12) % 12;
  // Years start in March here, so that the leap day is the last of the year.
  const y = m < 2 ? carried - 1 : carried;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((m + 10) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Seconds since the epoch of a date and a time of day. */
export function secondsFromCivil(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  return daysFromCivil(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
}

/** The date and time of day of seconds since the epoch; the seconds keep their fraction. */
export function civilFromSeconds(seconds: number): CivilTime {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = Math.floor(seconds) - days * SECONDS_PER_DAY;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (shiftedMonth + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: (rest % 60) + (seconds - Math.floor(seconds)),
    weekday: weekdayOf(days),
    yearday: days - daysFromCivil(year, 0, 1),
  };
}

/** The weekday of a number of days since the epoch, Sunday = 0. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}
