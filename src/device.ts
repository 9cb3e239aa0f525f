import { isIP } from 'node:net';

/** What a request tells about the device that sent it. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** The device where there is no request: a command, or the host's own code. */
export const NO_DEVICE: Device = Object.freeze({ userAgent: null, ipAddress: null });

const LONGEST_USER_AGENT = 255;

/** Makes what a request says about its device fit the columns. */
export function describeDevice(userAgent: string | null, ipAddress: string | null): Device {
  return {
    // PostgreSQL stores no NUL.
    userAgent: userAgent?.replaceAll('\0', '').slice(0, LONGEST_USER_AGENT) ?? null,
    ipAddress: ipAddress === null ? null : withoutZone(ipAddress),
  };
}

/** The zone of an IPv6 address (RFC 4007) is a name on another machine, of any length. */
function withoutZone(ipAddress: string): string | null {
  const [address = ''] = ipAddress.split('%', 1);
  return isIP(address) === 0 ? null : address;
}
