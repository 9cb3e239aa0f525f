import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '../../src/id.ts';
import { isAuthError } from '../../src/index.ts';
import { ISSUER, type TestAuth } from './start-test-auth.ts';
import { signToken } from './tokens.ts';

type Server = Pick<TestAuth, 'auth' | 'clock' | 'keys'>;

/** Lets time pass on a server, and waits until it has read the blacklist since. */
export async function passTime(server: Server, milliseconds: number): Promise<void> {
  server.clock.advance(milliseconds);
  await untilUpToDate(server);
}

/** Sets a server's wall clock, and waits until it has read the blacklist since. */
export async function stepClock(server: Server, milliseconds: number): Promise<void> {
  server.clock.step(milliseconds);
  // A read that was under way counts from when it began, by the clock as it was.
  await pause(LONGEST_READ);
  await untilUpToDate(server);
}

/** Milliseconds. */
const LONGEST_READ = 50;

const PATIENCE = 2_000;

/** Waits while the server refuses every access token because it has not read the blacklist for too long. */
async function untilUpToDate({ auth, clock, keys }: Server): Promise<void> {
  const iat = Math.floor(clock.now() / 1000);
  const ids = { sub: newId(clock.now()), sid: newId(clock.now()), jti: newId(clock.now()) };
  const claims = { ...ids, iss: ISSUER, aud: 'api', token_type: 'access', iat, exp: iat + 1, roles: [], ver: 0 };
  const probe = signToken(keys, 'access', claims);
  for (let left = PATIENCE; ; left -= 1) {
    try {
      const { claims: seen } = await auth.verifyToken(probe);
      if (seen === null) throw new Error('The probe is no token of this server.');
      return;
    } catch (error) {
      if (left === 0 || !isAuthError(error) || error.code !== 'SERVICE_UNAVAILABLE') throw error;
      await pause(5);
    }
  }
}
