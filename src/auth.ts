import type { MikroORM } from '@mikro-orm/core';
import type { NonEmptyArray } from 'type-graphql';
import type { FailedMail } from './accounts/list-failed-mails.ts';
import type { Mailer } from './mail/mailer.ts';
import type { Messages } from './mail/messages.ts';
import type { CreateUserOptions, NewUser } from './accounts/create-user.ts';
import type { Role } from './auth-types.ts';
import type { Clock } from './clock.ts';
import type { OnAuthEvent } from './events/auth-event.ts';
import type { Fault } from './graphql/errors/fault.ts';
import type { ResolverGroup } from './graphql/schema/auth-resolvers.ts';
import type { AuthContext } from './request/context.ts';
import type { AuthRequest } from './request/credentials.ts';
import type { ScreenCredentials } from './request/screen-credentials.ts';
import type { HostClaims } from './sessions/host-claims.ts';
import type { TokenPair } from './sessions/issue-tokens.ts';
import type { PurgeResult } from './sessions/purge.ts';
import type { TokenVerification } from './sessions/verify-token.ts';
import type { AuthSettings, Settings } from './settings.ts';
import type { PrivateJwkSet, PublicJwkSet } from './tokens/key-ring.ts';
import type { AuthUser } from './users/auth-user.ts';
import type { HostUsers } from './users/host-users.ts';

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
