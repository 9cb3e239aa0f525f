import './node-version.ts';
import 'reflect-metadata';
export { createAuth } from './create-auth.ts';
export type { Auth, AuthOptions, UserChange, UserSession } from './auth.ts';
export { authEntities, type AuthEntitiesOptions, createAuthEntities, createHostAuthEntities } from './entities.ts';
export { authResolvers, type ResolverGroup, type ResolverOptions } from './graphql/schema/auth-resolvers.ts';
export { UserType } from './graphql/schema/user.type.ts';
export { SessionType } from './graphql/schema/session.type.ts';
export { PageInfoType } from './graphql/schema/connection.type.ts';
export { GraphQLDateTime as DateTimeScalar } from 'graphql-scalars';
export { buildGuardedSchema, type GuardedSchemaOptions } from './graphql/guards/build-guarded-schema.ts';
export { type FieldRule, guardSchema, type GuardSchemaOptions } from './graphql/guards/guard-schema.ts';
export { type AuthModule, buildAuthModule } from './graphql/schema/auth-module.ts';
export { Authorized, Public } from './graphql/guards/authorized.ts';
export { CredentialOperation } from './graphql/guards/credential-operation.ts';
export {
  checkDocumentLength,
  DEFAULT_DOCUMENT_LIMITS,
  type DocumentLimits,
  limitDocuments,
} from './graphql/guards/document-limits.ts';
export { CurrentUserArg } from './graphql/guards/current-user-arg.ts';
export { createErrorFormatter, createErrorMask, type ErrorFormatterOptions } from './graphql/errors/format-error.ts';
export { type Fault, faultOf } from './graphql/errors/fault.ts';
export type { AuthContext, GuardedContext, RequestAuth } from './request/context.ts';
export type { AuthRequest } from './request/credentials.ts';
export type { CredentialCheck, ScreenCredentials } from './request/screen-credentials.ts';
export type { DeliveredTokenPair } from './request/answer-cookies.ts';
export type { OpenSessionRequest } from './request/answer-tokens.ts';
export type { AuthEvent, OnAuthEvent } from './events/auth-event.ts';
export type { SecurityEventType } from './events/security-event-type.ts';
export type { Authentication, CurrentUser } from './sessions/authenticate.ts';
export type { HostClaims } from './sessions/host-claims.ts';
export type { TokenPair } from './sessions/issue-tokens.ts';
export type { PurgeResult } from './sessions/purge.ts';
export type { SessionInfo } from './sessions/session-info.ts';
export type { TokenVerification } from './sessions/verify-token.ts';
export type { FailedMail } from './accounts/list-failed-mails.ts';
export type { CreateUserOptions, NewUser } from './accounts/create-user.ts';
export type { HostUser, HostUsers } from './users/host-users.ts';
export type { AuthTypes, OwnClaims, Role } from './auth-types.ts';
export type { AuthUser } from './users/auth-user.ts';
export type { Credentials } from './users/credentials.ts';
export type { AccessClaims, RefreshClaims, TokenType } from './tokens/claims.ts';
export type { Jwk } from './tokens/jwk.ts';
export type { Algorithm } from './tokens/import-key.ts';
export {
  generateKeys,
  importKeyRing,
  KeyRingError,
  type KeyPurpose,
  type PrivateJwk,
  type PrivateJwkSet,
  type PublicJwkSet,
} from './tokens/key-ring.ts';
export type { MailPurpose, QueuedPurpose } from './mail/mail.entity.ts';
export type { Mail, Mailer } from './mail/mailer.ts';
export type { MailedDevice, Message, MessageParameters, Messages } from './mail/messages.ts';
export { SHIPPED_MESSAGES } from './mail/shipped-messages.ts';
export { TokenDelivery } from './delivery.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  type AuthSettings,
  type Budget,
  type BudgetText,
  type Duration,
  type Notice,
  resolveSettings,
  type Settings,
  SettingsError,
  type SettingsFault,
} from './settings.ts';
export {
  type AccessRefusalReason,
  ErrorCode,
  ForbiddenReason,
  InputRefusalReason,
  TokenRefusalReason,
} from './reasons.ts';
export {
  type AuthError,
  BadUserInputError,
  CsrfRejectedError,
  EmailUnverifiedError,
  type FieldRefusal,
  ForbiddenError,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  isAuthError,
  NotFoundError,
  ServiceUnavailableError,
  RateLimitedError,
  TooManyCredentialOperationsError,
  UnauthenticatedError,
} from './errors.ts';
