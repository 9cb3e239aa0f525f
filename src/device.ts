import { isIP } from 'node:net';

/** What a request tells about the device that sent it. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** The device where there is no request: a command, or the host's own code. */
export const NO_DEVICE: Device = Object.freeze({ userAgent: null, ipAddress: null });

const LONGEST_USER_AGENT = 255;

/** Cuts what a request says about its device to the size of the columns. */
export function describeDevice(userAgent: string | null, ipAddress: string | null): Device {
  return {
    userAgent: userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
    ipAddress: ipAddress !== null && isIP(ipAddress) !== 0 ? ipAddress : null,
  };
}
