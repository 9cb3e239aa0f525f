import ipaddr from 'ipaddr.js';

/** An Internet provider gives each customer a /64 or more (RFC 6177), so one client has all of its addresses. */
const IPV6_PREFIX_GROUPS = 4;

/**
 * The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address. An IPv4 address that is written as
 * an IPv6 address is the same client.
 *
 * @returns `unknown` for no address.
 */
export function networkOf(ipAddress: string | null): string {
  if (ipAddress === null || !ipaddr.isValid(ipAddress)) return 'unknown';
  const address = ipaddr.process(ipAddress);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${address.parts
    .slice(0, IPV6_PREFIX_GROUPS)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
