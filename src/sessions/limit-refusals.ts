import { type Device, NO_DEVICE } from '../device.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { networkOf } from '../limits/client-network.ts';
import type { SessionServices } from './services.ts';

/**
 * Counts a token that is refused against the budget of the client's address. A refusal needs no database, so it stands if the
 * database is away. The host's own calls are not counted.
 *
 * @throws RateLimitedError, in place of the refusal, if nothing is left of the budget.
 */
export async function limitRefusals({ limiter, settings }: SessionServices, device: Device): Promise<void> {
  if (device === NO_DEVICE) return;
  await limiter.take('refusal', networkOf(device.ipAddress), settings.refreshBudget).catch((error: unknown) => {
    if (!(error instanceof ServiceUnavailableError)) throw error;
  });
}
