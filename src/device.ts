import { isIP } from 'node:net';

/** What a request tells of the device it comes from. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

const LONGEST_USER_AGENT = 255;

/** Takes what a request says of its device as far as it can be kept. */
export function describeDevice(userAgent: string | null, ipAddress: string | null): Device {
  return {
    userAgent: userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
    ipAddress: ipAddress !== null && isIP(ipAddress) !== 0 ? ipAddress : null,
  };
}
