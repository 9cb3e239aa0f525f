import type { MikroORM } from '@mikro-orm/core';
import type { NonEmptyArray } from 'type-graphql';
import { type FailedMail, listFailedMails } from './accounts/list-failed-mails.ts';
import { openMail } from './accounts/open-mail.ts';
import { setUserRoles } from './accounts/set-user-roles.ts';
import type { AccountServices } from './accounts/services.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Messages } from './mail/messages.ts';
import { SHIPPED_MESSAGES } from './mail/shipped-messages.ts';
import { createUser, type CreateUserOptions, type NewUser } from './accounts/create-user.ts';
import { BlacklistMirror } from './blacklist/blacklist-mirror.ts';
import { keepHostUsers, keepOwnUsers } from './accounts/user-keeping.ts';
import { requirePasswordKeys } from './accounts/require-password-keys.ts';
import type { Role } from './auth-types.ts';
import { type Clock, systemClock } from './clock.ts';
import { Database } from './database.ts';
import { describeDevice, NO_DEVICE } from './device.ts';
import { TokenDelivery } from './delivery.ts';
import { deriveKey } from './derive-key.ts';
import { type OnAuthEvent, toAuthEvent } from './events/auth-event.ts';
import type { SecurityEvent } from './events/security-event.entity.ts';
import { type Fault, faultOf } from './graphql/errors/fault.ts';
import { authResolvers, type ResolverGroup } from './graphql/schema/auth-resolvers.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { type AuthContext, createContext } from './request/context.ts';
import type { AuthRequest } from './request/credentials.ts';
import { createCsrf } from './request/csrf.ts';
import type { RequestServices } from './request/request-scope.ts';
import type { ScreenCredentials } from './request/screen-credentials.ts';
import { blacklistToken } from './sessions/blacklist-token.ts';
import { OPERATOR } from './sessions/caller.ts';
import type { HostClaims } from './sessions/host-claims.ts';
import type { TokenPair } from './sessions/issue-tokens.ts';
import { createHostSubjects } from './sessions/host-subjects.ts';
import { openSessionForUser } from './sessions/open-session-for-user.ts';
import { purge, type PurgeResult } from './sessions/purge.ts';
import { type TokenVerification, verifyToken } from './sessions/verify-token.ts';
import { type AuthSettings, resolveSettings, type Settings } from './settings.ts';
import { checkNamespace } from './tokens/claims.ts';
import { importKeyRing, type PrivateJwkSet, type PublicJwkSet } from './tokens/key-ring.ts';
import { createTokenCodec } from './tokens/token-codec.ts';
import type { AuthUser } from './users/auth-user.ts';
import { createPasswordHasher } from './users/password-hasher.ts';
import { findHostUser, type HostUsers } from './users/host-users.ts';
import { createOwnSubjects } from './users/subject.ts';
import { findVersionsRaisedSince } from './users/user-store.ts';

/** What `createAuth` takes: what it works with, and the settings. */
export interface AuthOptions<User extends object = AuthUser> extends AuthSettings {
  /** Your ORM, with `authEntities` among its entities and their tables in the database. Closing it is up to you. */
  readonly orm: MikroORM;
  /** The private JWK Set that signs the tokens and digests the passwords (RFC 7517 section 5). */
  readonly keys: PrivateJwkSet;
  /** Your users, if you keep them yourself. The ORM then has the entities of `createHostAuthEntities`. */
  readonly users?: HostUsers<User>;
  /** The groups of root fields that `resolvers` has. @defaultValue all groups */
  readonly groups?: readonly ResolverGroup[];
  /** Your own claims in access tokens. */
  readonly claims?: HostClaims<User>;
  /** Sends mails. Without it, the schema has no field that needs one. It also needs `linkUrl`. */
  readonly mailer?: Mailer;
  /**
   * The texts of mails, by language. The first language is for clients that ask for none of them.
   * @defaultValue English and German
   */
  readonly messages?: Readonly<Record<string, Messages>>;
  /** Asks more of a client before `login`, `register` and `changePassword` check a password. */
  readonly screenCredentials?: ScreenCredentials;
  /**
   * Receives what happened to accounts and sessions: logins, ends of sessions, reuse, changes of roles. It is called after the commit and
   * not awaited. If it fails, `onFault` receives the fault. A user who is created in your transaction is not reported.
   */
  readonly onEvent?: OnAuthEvent;
  /** Receives faults that no request reports, such as a failed read of the blacklist. By default they are ignored. */
  readonly onFault?: (fault: Fault) => void;
  /** @defaultValue the clocks of the machine */
  readonly clock?: Clock;
}

/** What `auth.openSession` takes. */
export interface UserSession {
  readonly userId: string | number | bigint;
  /** Shown in the list of sessions. */
  readonly userAgent?: string | null;
  /** Shown in the list of sessions. */
  readonly ipAddress?: string | null;
}

/** What `auth.userChanged` takes. */
export interface UserChange {
  /** Whether the password was changed. Every session of the user then ends. @defaultValue `false` */
  readonly passwordChanged?: boolean;
}

/** The library, ready to serve. */
export interface Auth<User extends object = AuthUser> {
  /** The settings in full. */
  readonly settings: Settings;
  /** The resolvers to build a schema from, beside your own. */
  readonly resolvers: NonEmptyArray<Function>;
  /** The context function. It examines a request and never throws. */
  context(request: AuthRequest): AuthContext;
  /**
   * Opens a session without a password, as simplejwt's `RefreshToken.for_user` does. The tokens are in the result. To
   * deliver them in cookies, use `openSession` of a request's context.
   *
   * @returns null if there is no such user, or the user is deactivated.
   */
  openSession(session: UserSession): Promise<TokenPair<User> | null>;
  /** Finds a user by id, as the API shows one. Null if there is none. */
  findUser(userId: string | number | bigint): Promise<User | null>;
  /** Says whether a token of either kind is valid at this moment. An invalid token is no error. */
  verifyToken(token: string): Promise<TokenVerification>;
  /**
   * Ends the session of a token of either kind, if the signature is ours.
   *
   * @returns the id of the session; empty if it had ended before or the token is not ours.
   */
  blacklistToken(token: string): Promise<string[]>;
  /**
   * Reports that you have changed a user whom you keep: the roles, the password, or whether the user is active. Older access tokens
   * are outdated at once, and the next refresh brings the new roles. If the user is not active any more, every session ends.
   *
   * @throws TypeError if this library keeps the users.
   */
  userChanged(userId: string | number | bigint, change?: UserChange): Promise<void>;
  /**
   * Reports that you have deleted a user whom you keep. Every session ends at once.
   *
   * @throws TypeError if this library keeps the users.
   */
  userDeleted(userId: string | number | bigint): Promise<void>;
  /**
   * Creates a user without a session, with any roles. Create the first administrator with it.
   *
   * @throws BadUserInputError that names each field.
   */
  createUser(user: NewUser, options?: CreateUserOptions): Promise<AuthUser>;
  /**
   * Replaces the roles of a user whom this library keeps, effective at once. No session ends.
   *
   * @throws NotFoundError if there is no such user.
   * @throws BadUserInputError if a role is not valid, or no active administrator would be left.
   * @throws TypeError if you keep the users.
   */
  setUserRoles(userId: string, roles: readonly Role[]): Promise<AuthUser>;
  /**
   * Deletes sessions and blacklist rows that have outlived their tokens, old security events, and rate limits that are over.
   * Call it regularly, for example every ten minutes.
   *
   * @param signal stops it early. The next call continues.
   */
  purge(signal?: AbortSignal): Promise<PurgeResult>;
  /** The mails that could not be sent yet, the oldest first, at most 1,000. */
  failedMails(): Promise<FailedMail[]>;
  /** The public halves of the asymmetric access keys, for services that verify access tokens themselves. */
  jwks(): PublicJwkSet;
  /** Stops reading the blacklist and sending mails. Call it before you close the ORM. */
  close(): Promise<void>;
}

/**
 * Puts the library together. When the promise resolves, the blacklist has been read and requests can be served.
 *
 * @throws SettingsError that lists every fault of the settings.
 * @throws KeyRingError that lists every fault of the keys, and each password key that stored hashes need.
 * @throws TypeError if the namespace of the host's claims is reserved, there is a mailer without `linkUrl` or messages, or a
 *   setting needs a mailer and there is none.
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
export async function createAuth<User extends object = AuthUser>(options: AuthOptions<User>): Promise<Auth<User>> {
  const {
    orm,
    keys,
    users,
    groups,
    claims,
    mailer,
    messages = SHIPPED_MESSAGES,
    screenCredentials,
    onEvent,
    onFault,
    clock = systemClock,
    ...given
  } = options;
  const settings = resolveSettings(given);
  if (claims !== undefined) checkNamespace(claims.namespace);
  const keyRing = importKeyRing(keys);
  const reportFault = (error: unknown) => {
    const fault = faultOf(error);
    if (fault !== null) onFault?.(fault);
  };
  const database = new Database(orm, clock, onEvent === undefined ? undefined : reportTo(onEvent, reportFault));
  const hostUsers: HostUsers | null = users ?? null;
  if (database.has('AuthUser', 'stamp') !== (hostUsers !== null)) throw new TypeError(WRONG_ENTITIES);
  const mirror = new BlacklistMirror(database, clock, settings, findVersionsRaisedSince, reportFault);
  const hostSubjects = hostUsers && createHostSubjects({ settings, clock, database, mirror }, hostUsers);
  const subjects = hostSubjects ?? createOwnSubjects(database);
  const rules = { ...settings, isUserId: subjects.isId, namespace: claims?.namespace ?? null };
  const accounts: AccountServices = {
    settings,
    clock,
    database,
    subjects,
    codec: createTokenCodec(keyRing, rules, clock),
    mirror,
    hostClaims: claims ?? null,
    limiter: new RateLimiter(database, clock, deriveKey(keyRing.secrets()[0], 'rate limits')),
    passwords: await createPasswordHasher(settings, keyRing.passwordKeys(), hostUsers !== null),
  };
  const hostLogin = hostUsers &&
    hostSubjects && { ...accounts, subjects: hostSubjects, hostUsers, lastKnown: { id: null } };
  if (mailer === undefined) refuseWithoutMailer(settings);
  else if (hostUsers !== null) throw new TypeError('A mailer is for users that this library keeps.');
  const mail = mailer === undefined ? null : openMail(accounts, keyRing, { mailer, messages, onFailure: reportFault });
  const services: RequestServices = Object.freeze({
    ...accounts,
    users: hostLogin === null ? keepOwnUsers(accounts) : keepHostUsers(hostLogin),
    csrf: createCsrf(keyRing.secrets()),
    screenCredentials: screenCredentials ?? null,
    mail,
  });
  if (hostUsers === null) await requirePasswordKeys(database, keyRing);
  await services.mirror.start();
  mail?.outbox.start();

  return Object.freeze({
    settings,
    resolvers: authResolvers({
      registration: settings.registration,
      sendsMail: mail !== null,
      loginByCode: settings.loginByCode,
      users: hostUsers === null ? 'library' : hostUsers.findByLogin ? 'host' : 'host-without-login',
      ...(groups === undefined ? {} : { groups }),
    }),
    context: (request) => createContext(services, request),
    async openSession({ userId, userAgent = null, ipAddress = null }) {
      const device = describeDevice({ userAgent, ipAddress, language: null });
      const pair = await openSessionForUser(services, String(userId), { device, delivery: TokenDelivery.BODY });
      return pair as TokenPair<User> | null;
    },
    async findUser(userId) {
      const id = String(userId);
      if (!subjects.isId(id)) return null;
      const user = hostUsers === null ? (await subjects.find(id))?.view() : (await findHostUser(hostUsers, id))?.user;
      return (user ?? null) as User | null;
    },
    verifyToken: (token) => verifyToken(services, token, NO_DEVICE),
    blacklistToken: (token) => blacklistToken(services, token),
    async userChanged(userId, { passwordChanged = false } = {}) {
      if (hostSubjects === null) throw new TypeError(NO_HOST_USERS);
      await hostSubjects.change(String(userId), passwordChanged ? 'PASSWORD_CHANGED' : null);
    },
    async userDeleted(userId) {
      if (hostSubjects === null) throw new TypeError(NO_HOST_USERS);
      await hostSubjects.remove(String(userId));
    },
    async createUser(user, how) {
      if (hostSubjects !== null) throw new TypeError(ONLY_OWN_USERS);
      return createUser(services, OPERATOR, user, how);
    },
    async setUserRoles(userId, roles) {
      if (hostSubjects !== null) throw new TypeError(ONLY_OWN_USERS);
      return setUserRoles(services, OPERATOR, userId, roles, NO_DEVICE);
    },
    failedMails: () => listFailedMails(services),
    purge: (signal) => purge(services, signal ?? null),
    jwks: () => keyRing.publicJwks(),
    async close() {
      await mail?.outbox.stop();
      await services.mirror.stop();
    },
  } satisfies Auth<User>);
}

const WRONG_ENTITIES =
  'The entities do not fit: `authEntities` and `createAuthEntities` are for users that this library keeps, ' +
  '`createHostAuthEntities` is for a host that passes `users`.';
const ONLY_OWN_USERS = '`createUser` and `setUserRoles` are for users that this library keeps.';
const NO_HOST_USERS = 'Only a host that passes `users` reports changes of them.';

/** Tells the host's hook. Security events are all that transactions report. The mirror knows of an end before the host does. */
function reportTo(onEvent: OnAuthEvent, onFailure: (error: unknown) => void) {
  const announce = async (row: SecurityEvent) => onEvent(toAuthEvent(row));
  return (rows: readonly unknown[]): void => {
    for (const row of rows as readonly SecurityEvent[]) setImmediate(() => void announce(row).catch(onFailure));
  };
}

/** @throws TypeError if a setting needs a mailer, because there is none. */
function refuseWithoutMailer({ emailVerification, notices }: Settings): void {
  if (emailVerification === 'required') throw new TypeError('Required verification needs a mailer.');
  if (notices.length > 0) throw new TypeError('The setting notices needs a mailer.');
}
