import type { Auth, AuthOptions } from '../auth.ts';
import type { Role } from '../auth-types.ts';
import { type Clock, toSeconds } from '../clock.ts';
import { createAuth } from '../create-auth.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { newId } from '../id.ts';
import { generateKeys, importKeyRing } from '../tokens/key-ring.ts';
import { createTokenCodec, type TokenCodec } from '../tokens/token-codec.ts';
import type { AuthUser } from '../users/auth-user.ts';
import { TestClock } from './test-clock.ts';
import { TestOutbox } from './test-outbox.ts';

/** A user who is signed in. */
export interface TestSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The headers of a request: `{ authorization: 'Bearer ...' }`. */
  readonly headers: { readonly authorization: string };
}

/** How a test signs a user in. */
export interface SignInOptions {
  /** The roles of the access token. A refresh brings back those of the user. @defaultValue the roles of the user */
  readonly roles?: readonly Role[];
  /** Your own claims in the access token. @defaultValue what `claims.compute` returns */
  readonly claims?: object;
}

/** A user, or the id alone. */
export type TestUser = string | number | bigint | { readonly id: string | number | bigint };

/** What `createTestAuth` takes: the options of `createAuth`, of which a test needs only the ORM. */
export type TestAuthOptions<User extends object = AuthUser> = Omit<
  AuthOptions<User>,
  'issuer' | 'keys' | 'clock' | 'mailer'
> &
  Partial<Pick<AuthOptions<User>, 'issuer' | 'keys'>>;

/** The library for a test. */
export interface TestAuth<User extends object = AuthUser> {
  readonly auth: Auth<User>;
  /** The clock of the library. The database and the host keep the time of the machine. */
  readonly clock: TestClock;
  /** The mails that were sent. It stays empty unless `linkUrl` is set. */
  readonly outbox: TestOutbox;
  /** Opens a session without a password. */
  signIn(user: TestUser, options?: SignInOptions): Promise<TestSession>;
  /** Opens a session whose access token has expired. The refresh token works. */
  signInExpired(user: TestUser, options?: SignInOptions): Promise<TestSession>;
  /** Opens a session and ends it. Both tokens are refused. */
  signInRevoked(user: TestUser, options?: SignInOptions): Promise<TestSession>;
}

/**
 * Makes the library for the tests of a host, under any test runner: with a clock to move, cheap password hashes and budgets that a
 * test does not use up. Call `auth.close()` when the tests are over.
 *
 * @throws as `createAuth` does.
 *
 * @example
 * ```ts
 * import { MikroORM } from '@mikro-orm/sqlite';
 * import { authEntities } from 'graphql-simplejwt';
 * import { createTestAuth } from 'graphql-simplejwt/testing';
 *
 * const orm = await MikroORM.init({ entities: [...authEntities], dbName: ':memory:' });
 * await orm.schema.create();
 * const { auth, clock, signIn } = await createTestAuth({ orm, accessTokenLifetime: '15m' });
 * const ada = await auth.createUser({ email: 'ada@example.com', password: 'correct horse' });
 * export const { headers } = await signIn(ada, { roles: ['ADMIN'] });
 * await clock.advance(15 * 60_000);
 * ```
 */
export async function createTestAuth<User extends object = AuthUser>(
  options: TestAuthOptions<User>,
): Promise<TestAuth<User>> {
  const clock = new TestClock(() => untilBlacklistIsRead(auth, codec, clock));
  const outbox = new TestOutbox();
  const keys = options.keys ?? generateKeys();
  const auth: Auth<User> = await createAuth<User>({
    issuer: 'https://auth.test',
    bcryptCost: 4,
    blacklistPoll: '50ms',
    loginBudget: '100000/1m',
    registerBudget: '100000/1m',
    refreshBudget: '100000/1m',
    ...(options.linkUrl === undefined ? {} : { mailer: outbox.mailer }),
    ...options,
    keys,
    clock,
  });
  const namespace = options.claims?.namespace ?? null;
  const codec = createTokenCodec(importKeyRing(keys), { ...auth.settings, namespace, isUserId }, clock);

  async function signIn(user: TestUser, given: SignInOptions = {}, issuedBefore = 0): Promise<TestSession> {
    const userId = typeof user === 'object' ? user.id : user;
    const pair = await auth.openSession({ userId });
    if (pair === null) throw new TypeError('There is no such user, or the user is deactivated.');
    const own = given.claims === undefined ? {} : { [requireNamespace(namespace)]: given.claims };
    const accessToken = resign(codec, pair.accessToken, { ...given, own, issuedBefore });
    return { accessToken, refreshToken: pair.refreshToken, headers: { authorization: `Bearer ${accessToken}` } };
  }

  return Object.freeze({
    auth,
    clock,
    outbox,
    signIn: (user, given) => signIn(user, given),
    async signInExpired(user, given) {
      const { accessTokenLifetime, leeway } = auth.settings;
      return signIn(user, given, toSeconds(accessTokenLifetime + leeway) + 1);
    },
    async signInRevoked(user, given) {
      const session = await signIn(user, given);
      await auth.blacklistToken(session.refreshToken);
      return session;
    },
  } satisfies TestAuth<User>);
}

const isUserId = (value: unknown): value is string => typeof value === 'string';

/** Milliseconds. */
const PAUSE = 5;

/** If the blacklist was read too long ago, guards refuse every token. The library reads it again by itself. */
async function untilBlacklistIsRead(auth: Pick<Auth, 'verifyToken'>, codec: TokenCodec, clock: Clock): Promise<void> {
  const [now, id] = [toSeconds(clock.now()), newId(clock.now())];
  const probe = codec.signAccess({ sub: id, sid: id, jti: id, iat: now, exp: now + 1, roles: [], ver: 0 });
  for (;;)
    try {
      await auth.verifyToken(probe);
      return;
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
}

function requireNamespace(namespace: string | null): string {
  if (namespace === null)
    throw new TypeError('`claims` needs the `claims` option of `createTestAuth`, with its namespace.');
  return namespace;
}

/** Signs an access token again, with other claims, and issued earlier. */
function resign(
  codec: TokenCodec,
  token: string,
  change: { readonly roles?: readonly string[]; readonly own: object; readonly issuedBefore: number },
): string {
  const reading = codec.readAccess(token);
  if (reading.status === 'invalid') throw new TypeError('The token is not ours.');
  const { iss: _iss, aud: _aud, token_type: _type, ...claims } = reading.claims;
  return codec.signAccess({
    ...claims,
    ...change.own,
    roles: change.roles ?? reading.claims.roles,
    iat: claims.iat - change.issuedBefore,
    exp: claims.exp - change.issuedBefore,
  });
}
