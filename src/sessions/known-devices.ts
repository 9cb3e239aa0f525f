import type { EntityManager } from '../database/tables.ts';
import type { KnownDevice } from '../device.ts';
import { findLoginDevices } from '../events/security-event-store.ts';
import { networkOf } from '../limits/client-network.ts';
import { findSessionDevices } from './session-store.ts';

/** The devices that a user has logged in from, as far as sessions and events remember. */
export async function findKnownDevices(em: EntityManager, userId: string): Promise<KnownDevice[]> {
  return [...(await findSessionDevices(em, userId)), ...(await findLoginDevices(em, userId))];
}

export function isSameNetwork(left: string | null, right: string | null): boolean {
  return left !== null && right !== null && networkOf(left) === networkOf(right);
}

/** Whether two logins came from the same program in the same network. A new version of the program makes no new device. */
export function isSameDevice(left: KnownDevice, right: KnownDevice): boolean {
  if (left.ipAddress !== right.ipAddress && !isSameNetwork(left.ipAddress, right.ipAddress)) return false;
  return withoutVersions(left.userAgent) === withoutVersions(right.userAgent);
}

function withoutVersions(userAgent: string | null): string {
  return (userAgent ?? '').replace(/[\d._]+/g, '');
}
