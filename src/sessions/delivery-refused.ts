import type { TokenDelivery } from '../delivery.ts';

/** The request cannot receive its tokens in the way in which the session delivers them. */
export class DeliveryRefusedError extends Error {
  override readonly name = 'DeliveryRefusedError';
}

/** @throws DeliveryRefusedError unless the request can receive this delivery. */
export function requireDelivery(delivery: TokenDelivery, usable: readonly TokenDelivery[]): void {
  if (!usable.includes(delivery)) throw new DeliveryRefusedError();
}
