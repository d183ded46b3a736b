import { type Json, parseJson } from '@pawl/core';
import pg from 'pg';

/** How values of PostgreSQL become JSON: each parser takes the text form. */
export const jsonTypes = {
  getTypeParser: (oid: number): ((text: string) => Json) => parsers[oid] ?? arrayParser(oid) ?? asText,
};

const asText = (text: string): Json => text;

/** A double where it holds the number exactly as PostgreSQL writes it, else the text: an id must not lose its last digits. */
const asExactNumber = (text: string): Json => {
  const number = Number(text);
  return Number.isFinite(number) && canonical(number) === strip(text) ? number : text;
};

const asFloat = (text: string): Json => (Number.isFinite(Number(text)) ? Number(text) : text);

/** `2026-11-24 17:00:00.5+00` → `2026-11-24T17:00:00.5Z`. Infinity and years before Christ stay as they are. */
const asTimestamp = (text: string): Json => {
  const match = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(:\d\d)?)?$/.exec(text);
  if (match === null) return text;
  const [, date, time, hours, minutes] = match;
  if (hours === undefined) return `${date}T${time}`;
  return hours === '+00' && minutes === undefined ? `${date}T${time}Z` : `${date}T${time}${hours}${minutes ?? ':00'}`;
};

/** By the object id of the type (pg_type.dat). */
const parsers: Readonly<Record<number, (text: string) => Json>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex').toString('base64'),
  20: asExactNumber,
  21: Number,
  23: Number,
  26: Number,
  114: parseJson,
  700: asFloat,
  701: asFloat,
  1114: asTimestamp,
  1184: asTimestamp,
  1700: asExactNumber,
  3802: parseJson,
};

/** Arrays by the object id of the array type → of the element type. */
const elementOf: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1005: 21,
  1007: 23,
  1016: 20,
  1021: 700,
  1022: 701,
  1115: 1114,
  1185: 1184,
  1231: 1700,
  3807: 3802,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1182: 1082,
  2951: 2950,
};

function arrayParser(oid: number): ((text: string) => Json) | undefined {
  const element = elementOf[oid];
  if (element === undefined) return undefined;
  const parse = parsers[element] ?? asText;
  // The driver's own parser of text arrays splits the text; the elements are made JSON here.
  const split = pg.types.getTypeParser(textArray) as (text: string) => NestedTexts;
  return (text) => mapNested(split(text), parse);
}

/** `text[]`; the driver's types list no arrays. */
const textArray = 1009 as Parameters<typeof pg.types.getTypeParser>[0];

type NestedTexts = readonly (string | null | NestedTexts)[];

function mapNested(values: NestedTexts, parse: (text: string) => Json): Json {
  return values.map((value) => {
    if (value === null) return null;
    return typeof value === 'string' ? parse(value) : mapNested(value, parse);
  });
}

/** A number as PostgreSQL would write it, if JavaScript's shortest form has no exponent. */
function canonical(number: number): string {
  return Object.is(number, -0) ? '0' : String(number);
}

/** Without the zeros that end a fraction: 1.50 is the number 1.5. */
function strip(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
