import { PawlError } from '@pawl/core';
import ipaddr from 'ipaddr.js';
import { parseAddress } from './addresses.ts';

/** A net that egress may reach beyond the public internet. */
export interface Net {
  readonly base: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
  /** Undefined: every port. */
  readonly port: number | undefined;
}

/**
 * Reads `PAWL_ALLOW_NETS`: addresses or CIDRs, each optionally with a port, between commas or spaces, such as
 * `10.0.0.0/8, 127.0.0.1:8080, [fd00::/8]:443`. Throws PAWL_USAGE naming the part that is none.
 */
export function parseNets(text: string): readonly Net[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(parseNet);
}

/** Whether one of the nets holds the address and the port. */
export function netsHold(nets: readonly Net[], address: string, port: number): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  return nets.some((net) => (net.port === undefined || net.port === port) && contains(net, parsed));
}

function contains(net: Net, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (net.base instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(net.base, net.bits);
  return address instanceof ipaddr.IPv6 && address.match(net.base, net.bits);
}

/** `address[/bits][:port]`; an IPv6 net with a port stands in brackets. */
const bracketed = /^\[([0-9a-f:.]+)(?:\/(\d{1,3}))?\](?:\/(\d{1,3}))?(?::(\d{1,5}))?$/i;
const version4 = /^([\d.]+)(?:\/(\d{1,2}))?(?::(\d{1,5}))?$/;
const version6 = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i;

function parseNet(text: string): Net {
  const match = version4.exec(text);
  if (match !== null) return toNet(text, match[1], match[2], match[3]);
  const inBrackets = bracketed.exec(text);
  if (inBrackets !== null) return toNet(text, inBrackets[1], inBrackets[2] ?? inBrackets[3], inBrackets[4]);
  const bare = version6.exec(text);
  return toNet(text, bare?.[1], bare?.[2], undefined);
}

function toNet(text: string, address: string | undefined, bits: string | undefined, port: string | undefined): Net {
  const base = address === undefined ? undefined : parseAddress(address);
  const width = base instanceof ipaddr.IPv4 ? 32 : 128;
  const length = bits === undefined ? width : Number(bits);
  const number = port === undefined ? undefined : Number(port);
  if (base === undefined || length > width || (number !== undefined && (number < 1 || number > 65_535))) {
    throw new PawlError(
      'PAWL_USAGE',
      `"${text}" in PAWL_ALLOW_NETS is no net. Write an address or CIDR, with a port if only that one is meant: 10.0.0.0/8 or 127.0.0.1:8080.`,
    );
  }
  return { base, bits: length, port: number };
}
