import type { NonEmptyArray } from 'type-graphql';
import { registerOwnResolvers } from '../guards/own-resolvers.ts';
import { AccountResolver } from './account.resolver.ts';
import { AdminResolver } from './admin.resolver.ts';
import { CodeLoginResolver } from './code-login.resolver.ts';
import { EmailChangeResolver } from './email-change.resolver.ts';
import { InvitationResolver } from './invitation.resolver.ts';
import { LoginResolver } from './login.resolver.ts';
import { NoticeResolver } from './notice.resolver.ts';
import { PasswordResolver } from './password.resolver.ts';
import { RecoveryResolver } from './recovery.resolver.ts';
import { RegistrationResolver } from './registration.resolver.ts';
import { SessionResolver } from './session.resolver.ts';
import { TokenResolver } from './token.resolver.ts';
import { UserAccessResolver } from './user-access.resolver.ts';
import { HostUserMarker } from './user.type.ts';

/**
 * A group of root fields, which a host takes or leaves out:
 *
 * - `tokens`: `login`, `refreshToken`, `logout`, `verifyToken`, `currentToken`, `csrfToken`, and logins with a code;
 * - `sessions`: `sessions` and `endSession`;
 * - `account`: `me`, `securityEvents`, `register`, `changePassword`, and what is mailed to a user;
 * - `administration`: what needs the role ADMIN.
 */
export type ResolverGroup = 'tokens' | 'sessions' | 'account' | 'administration';

/** What decides which resolvers there are. */
export interface ResolverOptions {
  /** @defaultValue all groups */
  readonly groups?: readonly ResolverGroup[];
  /** With `closed`, there is no `register`. @defaultValue `'open'` */
  readonly registration?: 'open' | 'closed';
  /** Whether mails are sent. If not, there is no field that needs one. @defaultValue `true` */
  readonly sendsMail?: boolean;
  /** Whether users may log in with a code that is mailed. @defaultValue `true` */
  readonly loginByCode?: boolean;
  /** Who keeps the users: this library, the host, or a host that also logs them in by itself. @defaultValue `'library'` */
  readonly users?: 'library' | 'host' | 'host-without-login';
}

interface Offer {
  readonly resolver: new () => unknown;
  readonly group: ResolverGroup;
  /** Whether the resolver is of use. By default it always is. */
  readonly isFor?: (options: Required<ResolverOptions>) => boolean;
}

const withOwnUsers: Offer['isFor'] = ({ users }) => users === 'library';
const withMail: Offer['isFor'] = ({ users, sendsMail }) => users === 'library' && sendsMail;

const OFFERS: readonly Offer[] = [
  { resolver: TokenResolver, group: 'tokens' },
  { resolver: LoginResolver, group: 'tokens', isFor: ({ users }) => users !== 'host-without-login' },
  {
    resolver: CodeLoginResolver,
    group: 'tokens',
    isFor: ({ users, sendsMail, loginByCode }) => users === 'library' && sendsMail && loginByCode,
  },
  { resolver: SessionResolver, group: 'sessions' },
  { resolver: AccountResolver, group: 'account' },
  { resolver: PasswordResolver, group: 'account', isFor: withOwnUsers },
  {
    resolver: RegistrationResolver,
    group: 'account',
    isFor: ({ users, registration }) => users === 'library' && registration === 'open',
  },
  { resolver: RecoveryResolver, group: 'account', isFor: withMail },
  { resolver: EmailChangeResolver, group: 'account', isFor: withMail },
  { resolver: NoticeResolver, group: 'account', isFor: withMail },
  { resolver: UserAccessResolver, group: 'administration' },
  { resolver: AdminResolver, group: 'administration', isFor: withOwnUsers },
  { resolver: InvitationResolver, group: 'administration', isFor: withMail },
];
registerOwnResolvers(OFFERS.map(({ resolver }) => resolver));

/** The resolvers of this library. They alone are enough to print the schema, without a database and without keys. */
export function authResolvers(options: ResolverOptions = {}): NonEmptyArray<Function> {
  const full: Required<ResolverOptions> = {
    groups: ['tokens', 'sessions', 'account', 'administration'],
    registration: 'open',
    sendsMail: true,
    loginByCode: true,
    users: 'library',
    ...options,
  };
  const chosen = OFFERS.filter(({ group, isFor }) => full.groups.includes(group) && (isFor?.(full) ?? true));
  const [first, ...rest] = chosen.map(({ resolver }): Function => resolver);
  if (first === undefined) throw new TypeError('`groups` must name at least one group of resolvers.');
  return full.users === 'library' ? [first, ...rest] : [first, ...rest, HostUserMarker];
}
