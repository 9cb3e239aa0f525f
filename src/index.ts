import 'reflect-metadata';
export { type Auth, type AuthOptions, createAuth, type OpenSessionRequest } from './create-auth.ts';
export { authEntities } from './entities.ts';
export { authResolvers } from './graphql/auth-resolvers.ts';
export { buildGuardedSchema } from './graphql/build-guarded-schema.ts';
export { UserType } from './graphql/account.type.ts';
export { Authorized, Public } from './graphql/authorized.ts';
export { CurrentUserArg } from './graphql/current-user-arg.ts';
export type { AuthContext, RequestAuth } from './graphql/auth-context.ts';
export type { DeliveredPair } from './graphql/cookie-delivery.ts';
export type { AuthRequest } from './graphql/request-credentials.ts';
export { createErrorTranslator, type ErrorTranslation, type Fault, faultOf } from './graphql/translate-error.ts';
export type { Authentication, CurrentUser } from './sessions/authenticate.ts';
export type { ClaimsUser, HostClaims } from './sessions/host-claims.ts';
export type { TokenPair } from './sessions/issue-tokens.ts';
export { TokenDelivery } from './sessions/delivery.ts';
export type { PurgeResult } from './sessions/purge.ts';
export type { Credentials } from './users/credentials.ts';
export type { TokenVerification } from './sessions/verify-token.ts';
export { LogoutScope } from './sessions/logout.ts';
export { EndReason } from './blacklist/blacklisted-token.entity.ts';
export { AuthEventType } from './events/auth-event.entity.ts';
export type { AccessClaims, RefreshClaims, TokenType } from './tokens/claims.ts';
export {
  type Algorithm,
  generateKeys,
  importKeyRing,
  KeyRingError,
  type PrivateJwk,
  type PrivateJwkSet,
  type PublicJwkSet,
} from './tokens/key-ring.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Duration, type Settings, settingsFaults, type SettingsInput, settingsSchema } from './settings.ts';
export {
  type AccessRefusalReason,
  type AuthError,
  BadUserInputError,
  CsrfRejectedError,
  ErrorCode,
  type FieldRefusal,
  ForbiddenError,
  ForbiddenReason,
  InputRefusalReason,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  isAuthError,
  NotFoundError,
  ServiceUnavailableError,
  TokenRefusalReason,
  UnauthenticatedError,
} from './errors.ts';
