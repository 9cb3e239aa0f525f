import type { MikroORM } from '@mikro-orm/core';
import type { NonEmptyArray } from 'type-graphql';
import { createUser } from './accounts/create-user.ts';
import type { AccountParts } from './accounts/parts.ts';
import { BlacklistMirror } from './blacklist/blacklist-mirror.ts';
import { type Clock, systemClock } from './clock.ts';
import { Database } from './database.ts';
import { describeDevice } from './device.ts';
import type { AuthContext } from './graphql/auth-context.ts';
import { authResolvers } from './graphql/auth-resolvers.ts';
import { createContext } from './graphql/create-context.ts';
import type { AuthRequest } from './graphql/request-credentials.ts';
import { type Fault, faultOf } from './graphql/translate-error.ts';
import { createCsrf } from './request/csrf.ts';
import { isId } from './id.ts';
import { TokenDelivery } from './sessions/delivery.ts';
import { endSessions } from './sessions/end-sessions.ts';
import type { HostClaims } from './sessions/host-claims.ts';
import type { TokenPair } from './sessions/issue-tokens.ts';
import { openSession } from './sessions/open-session.ts';
import { purge, type PurgeResult } from './sessions/purge.ts';
import { type TokenVerification, verifyToken } from './sessions/verify-token.ts';
import { resolveSettings, type Settings, type SettingsInput } from './settings.ts';
import { RESERVED_CLAIMS } from './tokens/claims.ts';
import { importKeyRing, type PrivateJwkSet, type PublicJwkSet } from './tokens/key-ring.ts';
import { createTokenCodec } from './tokens/token-codec.ts';
import { createPasswordHasher } from './users/password-hasher.ts';
import type { Credentials } from './users/credentials.ts';
import { findUser, findVersionsRaisedSince } from './users/user-directory.ts';

/** What `createAuth` needs, and every setting. */
export interface AuthOptions extends SettingsInput {
  /** Made with `authEntities` among its entities, on a database whose tables are there. It stays the caller's. */
  readonly orm: MikroORM;
  /** The private JWK Set that signs the tokens. */
  readonly keys: PrivateJwkSet;
  /** The host's own claims in access tokens. */
  readonly claims?: HostClaims;
  /** Told what goes wrong behind the requests: the blacklist could not be read. By default nobody is. */
  readonly onFault?: (fault: Fault) => void;
  /** By default the machine's. */
  readonly clock?: Clock;
}

/** What a session is opened for in code. */
export interface OpenSessionRequest {
  readonly userId: string;
  readonly userAgent?: string | null;
  readonly ipAddress?: string | null;
}

/** Authentication, ready to serve. */
export interface Auth {
  /** The settings made whole. */
  readonly settings: Settings;
  /** The resolvers to build a schema from, beside the host's own. */
  readonly resolvers: NonEmptyArray<Function>;
  /** The context function: looks at a request, and never throws. */
  context(request: AuthRequest): AuthContext;
  /**
   * Opens a session without a password: simplejwt's `RefreshToken.for_user`.
   *
   * @returns null if there is no such user, or the user was deactivated.
   */
  openSession(request: OpenSessionRequest): Promise<TokenPair | null>;
  /** Whether a token of either kind is good at this moment. Never an error for a bad token. */
  verifyToken(token: string): Promise<TokenVerification>;
  /**
   * Ends the session of a token of either kind, if the signature is ours.
   *
   * @returns the ids of the sessions that ended: one, or none.
   */
  blacklistToken(token: string): Promise<string[]>;
  /**
   * Opens an account without a session, with any roles: how the first administrator is made.
   *
   * @returns the id of the new user.
   * @throws BadUserInputError that names each field.
   */
  createUser(credentials: Credentials, roles: readonly string[]): Promise<string>;
  /**
   * Deletes sessions and blacklist rows that have outlived their tokens, and old events. To be called now and then.
   *
   * @param signal stops it soon: the next one goes on.
   */
  purge(signal?: AbortSignal): Promise<PurgeResult>;
  /** The public halves of the asymmetric access keys, for services that verify access tokens by themselves. */
  jwks(): PublicJwkSet;
  /** Stops reading the blacklist. */
  close(): Promise<void>;
}

/**
 * Puts the library together. When it resolves, the blacklist has been read, and requests can be served.
 *
 * @throws TypeError that names every fault of the settings, the keys or the host's claims.
 * @throws ServiceUnavailableError if the database cannot be read.
 *
 * @example
 * ```ts
 * import { MikroORM } from '@mikro-orm/sqlite';
 * import { authEntities, createAuth, generateKeys } from 'graphql-simplejwt';
 *
 * const orm = await MikroORM.init({ entities: [...authEntities], dbName: ':memory:' });
 * await orm.schema.create();
 * export const auth = await createAuth({ orm, keys: generateKeys(), issuer: 'https://api.example.com' });
 * ```
 */
export async function createAuth({
  orm,
  keys,
  claims,
  onFault,
  clock = systemClock,
  ...given
}: AuthOptions): Promise<Auth> {
  const settings = resolveSettings(given);
  const hostClaims = checkHostClaims(claims);
  const rules = { ...settings, namespace: hostClaims?.namespace ?? null };
  const keyRing = importKeyRing(keys);
  const codec = createTokenCodec(keyRing, rules, clock);
  const database = new Database(orm, clock);
  const mirror = new BlacklistMirror(database, clock, settings, findVersionsRaisedSince, (error) => {
    const fault = faultOf(error);
    if (fault !== null) onFault?.(fault);
  });
  const passwords = await createPasswordHasher(settings.bcryptCost);
  const parts: AccountParts = Object.freeze({ settings, clock, database, codec, mirror, hostClaims, passwords });
  const csrf = createCsrf(keyRing.secrets());
  await mirror.start();

  return Object.freeze({
    resolvers: authResolvers(settings.registration),
    settings,
    context: (request) => createContext({ ...parts, csrf }, request),
    async openSession({ userId, userAgent = null, ipAddress = null }) {
      const user = isId(userId) ? await database.read((em) => findUser(em, userId)) : null;
      return (
        user && openSession(parts, user, { device: describeDevice(userAgent, ipAddress), delivery: TokenDelivery.BODY })
      );
    },
    verifyToken: (token) => verifyToken(parts, token, NO_DEVICE),
    async blacklistToken(token) {
      const reading = codec.read(token);
      return reading.status === 'invalid'
        ? []
        : endSessions(parts, { ids: [reading.claims.sid] }, 'BLACKLISTED', NO_DEVICE);
    },
    createUser: async (credentials, roles) => (await createUser(parts, credentials, roles)).id,
    purge: (signal) => purge(parts, signal ?? null),
    jwks: () => keyRing.publicJwks(),
    close: () => mirror.stop(),
  } satisfies Auth);
}

const NO_DEVICE = describeDevice(null, null);

function checkHostClaims(claims: HostClaims | undefined): HostClaims | null {
  if (claims === undefined) return null;
  if (claims.namespace === '' || RESERVED_CLAIMS.has(claims.namespace))
    throw new TypeError('claims.namespace must be a name of your own, not one that tokens have anyway.');
  return claims;
}
