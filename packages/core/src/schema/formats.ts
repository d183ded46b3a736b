import { splitUri } from './uri.ts';

/** A format that Pawl checks: how it is called, what it looks like, and whether a text has it. */
export interface Format {
  /** With its article, as it follows "is not". */
  readonly phrase: string;
  readonly example: string;
  readonly holds: (text: string) => boolean;
}

/** The format of this name; undefined for one that only describes (as JSON Schema wants for names it does not know). */
export function findFormat(name: string): Format | undefined {
  return FORMATS.get(name);
}

// Each expression below runs in linear time: what may repeat never overlaps with what follows it.
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DURATION = /^P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;
const RELATIVE_JSON_POINTER = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
// The local part is a dot-atom, the domain has two labels or more; quoted names and address literals are not taken.
const EMAIL =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const IPV4_PART = /^(?:0|[1-9]\d{0,2})$/;
const HEX_GROUP = /^[0-9a-f]{1,4}$/i;
// Literals and expressions of RFC 6570, level 4.
const URI_TEMPLATE =
  /^(?:[!#$&(-;=?-[\]_a-z~\u0080-\uffff]|%[0-9a-f]{2}|\{[+#./;?&=,!@|]?(?:[a-z0-9_.]|%[0-9a-f]{2})+(?::[1-9]\d{0,3}|\*)?(?:,(?:[a-z0-9_.]|%[0-9a-f]{2})+(?::[1-9]\d{0,3}|\*)?)*\})*$/i;

const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
const USER_INFO = /^(?:[a-z0-9._~!$&'()*+,;=:-]|%[0-9a-f]{2})*$/i;
const REGISTERED_NAME = /^(?:[a-z0-9._~!$&'()*+,;=-]|%[0-9a-f]{2})*$/i;
const IP_FUTURE = /^v[0-9a-f]+\.[a-z0-9._~!$&'()*+,;=:-]+$/i;
const PORT = /^\d*$/;
const PATH = /^(?:[a-z0-9._~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*$/i;
const QUERY = /^(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*$/i;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MAX_HOST_NAME = 253;

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['date-time', { phrase: 'a date with time and time zone', example: '2026-11-24T17:20:00Z', holds: isDateTime }],
  ['date', { phrase: 'a date', example: '2026-11-24', holds: isDate }],
  ['time', { phrase: 'a time with time zone', example: '17:20:00Z', holds: isTime }],
  ['duration', { phrase: 'a duration', example: 'PT15M', holds: (text) => DURATION.test(text) }],
  ['email', { phrase: 'an email address', example: 'ada@example.com', holds: (text) => EMAIL.test(text) }],
  ['hostname', { phrase: 'a host name', example: 'db.example.com', holds: isHostName }],
  ['ipv4', { phrase: 'an IPv4 address', example: '192.0.2.1', holds: isIpv4 }],
  ['ipv6', { phrase: 'an IPv6 address', example: '2001:db8::1', holds: isIpv6 }],
  [
    'uri',
    {
      phrase: 'an absolute address (URI)',
      example: 'https://example.com/orders',
      holds: (text) => isUriReference(text) && splitUri(text).scheme !== undefined,
    },
  ],
  ['uri-reference', { phrase: 'an address (URI reference)', example: '/orders?open=true', holds: isUriReference }],
  [
    'uri-template',
    {
      phrase: 'an address with placeholders (URI template)',
      example: 'https://example.com/orders/{id}',
      holds: (text) => URI_TEMPLATE.test(text),
    },
  ],
  ['uuid', { phrase: 'a UUID', example: '123e4567-e89b-12d3-a456-426614174000', holds: (text) => UUID.test(text) }],
  ['json-pointer', { phrase: 'a JSON pointer', example: '/orders/0/id', holds: (text) => JSON_POINTER.test(text) }],
  [
    'relative-json-pointer',
    { phrase: 'a relative JSON pointer', example: '1/id', holds: (text) => RELATIVE_JSON_POINTER.test(text) },
  ],
  ['regex', { phrase: 'a regular expression', example: '^[a-z]+$', holds: isRegex }],
]);

function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  return day >= 1 && day <= (DAYS_IN_MONTH[month - 1] ?? 0) + leap;
}

function isTime(text: string): boolean {
  const match = TIME.exec(text);
  if (match === null) return false;
  const [hour = 0, minute = 0, second = 0] = match.slice(1, 4).map(Number);
  const [sign, zoneHour, zoneMinute] = [match[4] === '-' ? -1 : 1, Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (hour > 23 || minute > 59 || zoneHour > 23 || zoneMinute > 59) return false;
  if (second < 60) return true;
  // A leap second is the last of a day in UTC.
  const utcMinutes = hour * 60 + minute - sign * (zoneHour * 60 + zoneMinute);
  return second === 60 && (utcMinutes + 2 * 1_440) % 1_440 === 1_439;
}

function isDateTime(text: string): boolean {
  return (text[10] === 'T' || text[10] === 't') && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name.length <= MAX_HOST_NAME && name.split('.').every((label) => LABEL.test(label));
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => IPV4_PART.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const all = groups.flat();
  const last = all.at(-1) ?? '';
  const tail = last.includes('.') && !text.endsWith('::');
  if (tail && !isIpv4(last)) return false;
  const hex = tail ? all.slice(0, -1) : all;
  const size = hex.length + (tail ? 2 : 0);
  return hex.every((group) => HEX_GROUP.test(group)) && (halves.length === 2 ? size <= 7 : size === 8);
}

function isUriReference(text: string): boolean {
  const { scheme, authority, path, query, fragment } = splitUri(text);
  if (scheme !== undefined && !SCHEME.test(scheme)) return false;
  if (authority !== undefined && !isAuthority(authority)) return false;
  // Without scheme, a colon in the first segment would read as one.
  if (scheme === undefined && authority === undefined && (path.split('/')[0] ?? '').includes(':')) return false;
  return PATH.test(path) && QUERY.test(query ?? '') && QUERY.test(fragment ?? '');
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (at !== -1 && !USER_INFO.test(authority.slice(0, at))) return false;
  if (host.startsWith('[')) {
    const end = host.indexOf(']');
    const literal = host.slice(1, end);
    const port = host.slice(end + 1);
    return (
      end !== -1 &&
      (isIpv6(literal) || IP_FUTURE.test(literal)) &&
      (port === '' || (port.startsWith(':') && PORT.test(port.slice(1))))
    );
  }
  const colon = host.indexOf(':');
  return colon === -1
    ? REGISTERED_NAME.test(host)
    : REGISTERED_NAME.test(host.slice(0, colon)) && PORT.test(host.slice(colon + 1));
}

/** Only the syntax is looked at; the expression is never run. */
function isRegex(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
