import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { MikroORM } from '@mikro-orm/core';
import {
  type Auth,
  type AuthOptions,
  authEntities,
  buildGuardedSchema,
  createAuth,
  generateKeys,
} from '../../src/index.ts';
import { startHttpServer } from '../../server/src/http/http-server.ts';
import { createLog } from '../../server/src/log.ts';
import { migrate, openDatabase } from '../../server/src/database/open-database.ts';
import { GraphQLClient } from './graphql-client.ts';
import { ManualClock } from './manual-clock.ts';

/** What a test may want otherwise. */
export interface TestAuthOptions extends Partial<Omit<AuthOptions, 'orm' | 'clock'>> {
  /** By default a SQLite file of the test's own. */
  readonly databaseUrl?: string;
  /** A clock to share with another server. */
  readonly clock?: ManualClock;
  /** A host's resolvers, beside ours. */
  readonly resolvers?: readonly Function[];
  readonly isProduction?: boolean;
  readonly isExplorerOn?: boolean;
  readonly trustedProxies?: readonly string[];
  readonly maxConnections?: number;
}

/** The real thing, listening on a free port, for one test. */
export interface TestAuth {
  readonly url: string;
  readonly auth: Auth;
  readonly orm: MikroORM;
  readonly clock: ManualClock;
  readonly keys: NonNullable<AuthOptions['keys']>;
  readonly databaseUrl: string;
  /** Speaks to it as a client would. */
  readonly client: GraphQLClient;
  /** All that it has logged. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export const ISSUER = 'https://auth.test';

/** Starts a server as `npm start` would, with the schema made by the migrations, a clock moved by hand and fast hashes. */
export async function startTestAuth(options: TestAuthOptions = {}): Promise<TestAuth> {
  const {
    databaseUrl: givenUrl,
    clock = new ManualClock(),
    keys = generateKeys(),
    resolvers = [],
    isProduction = false,
    isExplorerOn = false,
    trustedProxies = [],
    maxConnections,
    ...settings
  } = options;
  const folder = givenUrl === undefined ? mkdtempSync(join(tmpdir(), 'graphql-simplejwt-')) : null;
  const databaseUrl = givenUrl ?? `sqlite:${join(folder as string, 'auth.db')}`;
  const lines: string[] = [];
  const logTo = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });

  const orm = await openDatabase(databaseUrl, authEntities);
  await migrate(orm);
  const onFault: AuthOptions['onFault'] = (fault) => void lines.push(`${JSON.stringify(fault)}\n`);
  const auth = await createAuth({
    issuer: ISSUER,
    bcryptCost: 4,
    bcryptParallelism: 64,
    blacklistPoll: '50ms',
    // All tests have one address. tests/rate-limits.test.ts sets budgets of its own.
    loginBudget: '100000/1m',
    registerBudget: '100000/1m',
    refreshBudget: '100000/1m',
    onFault,
    ...settings,
    orm,
    keys,
    clock,
  });
  const schema = await buildGuardedSchema({ resolvers: [...auth.resolvers, ...resolvers] });
  const server = await startHttpServer({
    auth,
    schema,
    host: '127.0.0.1',
    port: 0,
    isProduction,
    isExplorerOn,
    trustedProxies,
    log: createLog(logTo),
    ...(maxConnections === undefined ? {} : { maxConnections }),
  });

  return {
    url: server.url,
    auth,
    orm,
    clock,
    keys,
    databaseUrl,
    client: new GraphQLClient(server.url),
    log: () => lines.join(''),
    async stop() {
      await server.close();
      await auth.close();
      await orm.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}
