import { PawlError } from '@pawl/core';

/** A host that something may be sent to. */
export interface HostRule {
  /** As it was written, for people. */
  readonly text: string;
  /** In lower case; where `below` is set, the part after `*.`. */
  readonly host: string;
  /** Any name below `host`, but not `host` itself. */
  readonly below: boolean;
  /** Undefined: the usual port of the protocol. */
  readonly port: number | undefined;
}

/** Reads `host`, `host:port`, `*.example.com` or `*.example.com:port`. Throws PAWL_SECRET_INVALID. */
export function parseHostRule(text: string): HostRule {
  const match = /^(\*\.)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/.exec(text);
  const [, star, host = '', digits] = match ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (match === null || port === 0 || (port ?? 0) > 65_535 || (star !== undefined && !host.includes('.'))) {
    throw new PawlError(
      'PAWL_SECRET_INVALID',
      `${JSON.stringify(text.slice(0, 300))} is no host. Write it like api.example.com, api.example.com:8443 or *.example.com.`,
    );
  }
  return { text, host: host.replace(/^\[|\]$/g, '').toLowerCase(), below: star !== undefined, port };
}

/** Whether something may be sent to a host and port by one of the rules. `usualPort`: that of the protocol. */
export function allowsHost(rules: readonly HostRule[], host: string, port: number, usualPort: number): boolean {
  const name = host.toLowerCase();
  return rules.some(
    (rule) => port === (rule.port ?? usualPort) && (rule.below ? name.endsWith(`.${rule.host}`) : name === rule.host),
  );
}
