import { listFailedMails } from './accounts/list-failed-mails.ts';
import { openMail } from './accounts/open-mail.ts';
import { setUserRoles } from './accounts/set-user-roles.ts';
import type { AccountServices } from './accounts/services.ts';
import { SHIPPED_MESSAGES } from './mail/shipped-messages.ts';
import { createUser } from './accounts/create-user.ts';
import { BlacklistMirror } from './blacklist/blacklist-mirror.ts';
import { keepHostUsers, keepOwnUsers } from './accounts/user-keeping.ts';
import { requirePasswordKeys } from './accounts/require-password-keys.ts';
import { systemClock } from './clock.ts';
import { Database } from './database/database.ts';
import { describeDevice, NO_DEVICE } from './device.ts';
import { TokenDelivery } from './delivery.ts';
import { deriveKey } from './derive-key.ts';
import { type OnAuthEvent, toAuthEvent } from './events/auth-event.ts';
import type { SecurityEvent } from './events/security-event.entity.ts';
import { faultOf } from './graphql/errors/fault.ts';
import { authResolvers } from './graphql/schema/auth-resolvers.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { nextTurn } from './timers.ts';
import { createContext } from './request/context.ts';
import { createCsrf } from './request/csrf.ts';
import type { RequestServices } from './request/request-scope.ts';
import { blacklistToken } from './sessions/blacklist-token.ts';
import { OPERATOR } from './sessions/caller.ts';
import type { TokenPair } from './sessions/issue-tokens.ts';
import { createHostSubjects } from './sessions/host-subjects.ts';
import { openSessionForUser } from './sessions/open-session-for-user.ts';
import { purge } from './sessions/purge.ts';
import { verifyToken } from './sessions/verify-token.ts';
import { resolveSettings, type Settings } from './settings.ts';
import { checkNamespace } from './tokens/claims.ts';
import { importKeyRing } from './tokens/key-ring.ts';
import { createTokenCodec } from './tokens/token-codec.ts';
import type { AuthUser } from './users/auth-user.ts';
import { createPasswordHasher } from './users/password-hasher.ts';
import { findHostUser, type HostUsers } from './users/host-users.ts';
import { createOwnSubjects } from './users/subject.ts';
import { findVersionsRaisedSince } from './users/user-store.ts';
import type { Auth, AuthOptions } from './auth.ts';

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
    for (const row of rows as readonly SecurityEvent[]) nextTurn(() => void announce(row).catch(onFailure));
  };
}

/** @throws TypeError if a setting needs a mailer, because there is none. */
function refuseWithoutMailer({ emailVerification, notices }: Settings): void {
  if (emailVerification === 'required') throw new TypeError('Required verification needs a mailer.');
  if (notices.length > 0) throw new TypeError('The setting notices needs a mailer.');
}
