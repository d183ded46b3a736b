import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** IPv6 that is routed on the public internet; ipaddr.js alone calls `::7f00:1` unicast. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
const mapped = ipaddr.IPv6.parseCIDR('::ffff:0:0/96');
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** Public by range, yet the inside of a cloud: Azure's metadata and DNS. */
const cloudInternal: ReadonlySet<string> = new Set(['168.63.129.16']);

/** An IP address, or undefined when the text is none. IPv4 in IPv6 (mapped, NAT64) is unwrapped to what is really reached. */
export function parseAddress(text: string): Address | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.parse(bare);
  if (address instanceof ipaddr.IPv6 && (address.match(mapped) || address.match(nat64))) {
    return new ipaddr.IPv4(address.toByteArray().slice(12));
  }
  return address;
}

/** Whether an address belongs to the public internet: nothing private, local, reserved, translated or tunnelled. */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv6) return address.match(globalUnicast);
  return !cloudInternal.has(address.toString());
}

/** Whether two texts name the same address. */
export function sameAddress(a: string, b: string): boolean {
  const [left, right] = [parseAddress(a), parseAddress(b)];
  return left !== undefined && right !== undefined && left.toNormalizedString() === right.toNormalizedString();
}
