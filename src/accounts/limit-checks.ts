import type { EntityManager } from '../database/tables.ts';
import type { Device, KnownDevice } from '../device.ts';
import { RateLimitedError } from '../errors.ts';
import { networkOf } from '../limits/client-network.ts';
import { createTryCounter } from '../limits/rate-limit-store.ts';
import { findKnownDevices, isSameNetwork } from '../sessions/known-devices.ts';
import type { Budget } from '../settings.ts';
import { findUserOrOther } from '../users/user-store.ts';
import type { AccountServices } from './services.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** At most 100 failures in a row, and then one try an hour (NIST SP 800-63B-4 section 3.2.2). */
const countTry = createTryCounter([
  { failures: 10, wait: SECOND },
  { failures: 20, wait: 5 * SECOND },
  { failures: 40, wait: 30 * SECOND },
  { failures: 70, wait: 2 * MINUTE },
  { failures: 100, wait: 60 * MINUTE },
]);

/** Forgets the failures, in the transaction of what the right password is for. True: a password proves as much as before. */
export type ForgetFailures = (em: EntityManager) => Promise<true>;

/** What an address has left of an account while others make it wait. */
const BUDGET_OF_KNOWN_ADDRESS: Budget = { checks: 10, window: 15 * MINUTE };

/**
 * Counts a check against the budget of the client's address.
 *
 * @throws RateLimitedError if nothing is left of it.
 */
export async function limitClient(
  { limiter, settings }: AccountServices,
  operation: 'login' | 'register',
  { ipAddress }: Device,
): Promise<void> {
  const budget = operation === 'login' ? settings.loginBudget : settings.registerBudget;
  await limiter.take(operation, networkOf(ipAddress), budget);
}

/**
 * Counts a login to an account as failed, by what was typed and before it is looked up. So an account that does
 * not exist is limited in the same way. An address that the account has been logged in from has a budget of its own, so
 * nobody can lock the owner out.
 *
 * @param login - the e-mail, or what else the user logs in with, in its one form.
 * @param findDevices - finds the devices that the account has been logged in from.
 * @throws RateLimitedError if the account has to wait.
 */
export async function limitAccount(
  services: AccountServices,
  login: string,
  device: Device,
  findDevices: () => Promise<KnownDevice[]> = async () => findDevicesOf(services, login),
): Promise<ForgetFailures> {
  const { limiter } = services;
  try {
    await limiter.try('account', login, countTry);
    return async (em) => limiter.forget(em, 'account', login);
  } catch (error) {
    if (!(error instanceof RateLimitedError) || !(await isKnown(device, findDevices))) throw error;
    await limiter.take('known-address', `${networkOf(device.ipAddress)} ${login}`, BUDGET_OF_KNOWN_ADDRESS);
    // The failures are those of others, so they still count.
    return async () => true;
  }
}

/**
 * Counts a check of the current password of a user who wants to change it as failed.
 *
 * @throws RateLimitedError if the user has to wait.
 */
export async function limitPasswordChange({ limiter }: AccountServices, userId: string): Promise<ForgetFailures> {
  await limiter.try('password-change', userId, countTry);
  return async (em) => limiter.forget(em, 'password-change', userId);
}

/** Whether the account has been logged in from the network of this device. */
async function isKnown({ ipAddress }: Device, findDevices: () => Promise<KnownDevice[]>): Promise<boolean> {
  if (ipAddress === null) return false;
  return (await findDevices()).some((known) => isSameNetwork(known.ipAddress, ipAddress));
}

/** The devices of the account with an e-mail. If nobody has the e-mail, it reads those of another account, in vain. */
async function findDevicesOf({ database }: AccountServices, email: string): Promise<KnownDevice[]> {
  return database.read(async (em) => {
    const user = await findUserOrOther(em, 'email', email);
    if (user === undefined) return [];
    const devices = await findKnownDevices(em, user.id);
    return user.email === email ? devices : [];
  });
}
