import { newAdministrator } from './accounts.ts';
import type { Pair } from './graphql-client.ts';
import { startTestAuth, type TestAuth, type TestAuthOptions } from './start-test-auth.ts';

/** Two processes of one deployment, and somebody who may do everything there. */
export interface TwoServers {
  readonly here: TestAuth;
  readonly there: TestAuth;
  readonly administrator: Pair;
}

/** Starts two servers on one database, with the same keys and the same clock. */
export async function startTwoServers(databaseUrl: string, options: TestAuthOptions = {}): Promise<TwoServers> {
  const here = await startTestAuth({ databaseUrl, ...options });
  const there = await startTestAuth({ databaseUrl, ...options, keys: here.keys, clock: here.clock });
  return { here, there, administrator: await newAdministrator(here) };
}
