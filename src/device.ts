import { isIP } from 'node:net';

/** What a request tells about the device that sent it. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
  /** The language that it prefers, of those that mails are written in; null if no mail is sent. */
  readonly language: string | null;
}

/** A device that a session was opened from. */
export type KnownDevice = Pick<Device, 'userAgent' | 'ipAddress'>;

/** The device where there is no request: a command, or the host's own code. */
export const NO_DEVICE: Device = Object.freeze({ userAgent: null, ipAddress: null, language: null });

const LONGEST_USER_AGENT = 255;

/** Makes what a request says about its device fit the columns. */
export function describeDevice({ userAgent, ipAddress, language }: Device): Device {
  return {
    language,
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
