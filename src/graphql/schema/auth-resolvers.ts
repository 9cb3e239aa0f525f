import type { NonEmptyArray } from 'type-graphql';
import { registerOwnResolvers } from '../guards/own-resolvers.ts';
import { AccountResolver } from './account.resolver.ts';
import { AdminResolver } from './admin.resolver.ts';
import { CodeLoginResolver } from './code-login.resolver.ts';
import { EmailChangeResolver } from './email-change.resolver.ts';
import { InvitationResolver } from './invitation.resolver.ts';
import { NoticeResolver } from './notice.resolver.ts';
import { RecoveryResolver } from './recovery.resolver.ts';
import { RegistrationResolver } from './registration.resolver.ts';
import { SessionResolver } from './session.resolver.ts';
import { TokenResolver } from './token.resolver.ts';

const OF_MAIL = [RecoveryResolver, EmailChangeResolver, InvitationResolver, NoticeResolver];
const ALL = [
  TokenResolver,
  SessionResolver,
  AccountResolver,
  AdminResolver,
  RegistrationResolver,
  CodeLoginResolver,
  ...OF_MAIL,
];
registerOwnResolvers(ALL);

const ALWAYS: NonEmptyArray<Function> = [TokenResolver, SessionResolver, AccountResolver, AdminResolver];

/** What decides which resolvers there are. */
export interface ResolverOptions {
  /** With `closed`, there is no `register`. @defaultValue `'open'` */
  readonly registration?: 'open' | 'closed';
  /** Whether mails are sent. If not, there is no field that needs one. @defaultValue `true` */
  readonly sendsMail?: boolean;
  /** Whether users may log in with a code that is mailed. @defaultValue `true` */
  readonly loginByCode?: boolean;
}

/** The resolvers of this library. They alone are enough to print the schema, without a database and without keys. */
export function authResolvers({
  registration = 'open',
  sendsMail = true,
  loginByCode = true,
}: ResolverOptions = {}): NonEmptyArray<Function> {
  return [
    ...ALWAYS,
    ...(registration === 'open' ? [RegistrationResolver] : []),
    ...(sendsMail ? OF_MAIL : []),
    ...(sendsMail && loginByCode ? [CodeLoginResolver] : []),
  ];
}
