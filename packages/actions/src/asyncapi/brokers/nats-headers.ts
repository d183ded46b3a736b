import { misfit } from './refusals.ts';

const version = 'NATS/1.0';

/** Headers as NATS has them. Throws a FailedAttempt for a name or value that would end its line. */
export function natsHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => {
    if (!/^[!-9;-~]+$/.test(name) || /[\r\n]/.test(value))
      throw misfit(`${JSON.stringify(name)} cannot be a header of NATS with this value.`);
    return `${name}: ${value}\r\n`;
  });
  return Buffer.from(`${version}\r\n${lines.join('')}\r\n`);
}

/** Reads headers, and the status that a server may write behind the version. */
export function readNatsHeaders(bytes: Buffer): {
  readonly status: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
} {
  const [first = '', ...lines] = bytes.toString('utf8').split('\r\n');
  const status = first.slice(version.length).trim().split(' ')[0];
  const pairs = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
  });
  return { status: status === '' ? undefined : status, headers: Object.fromEntries(pairs) };
}
