export { type AuthClient, createAuthClient, type Lifetimes, type TypedDocument } from './auth-client.ts';
export type { AuthClientOptions } from './options.ts';
export type { AuthEvent, AuthState } from './state.ts';
export type { AuthListener } from './session-keeper.ts';
export type { LogoutReason } from './tabs.ts';
export type { Credentials, GraphQLAnswer } from './transport.ts';
export type { LogoutResult, PairLike } from './documents.ts';
export type { AuthUser, TokenDelivery, TokenStorage } from './storage.ts';
export type { Clock } from './clock.ts';
export type { Locks } from './lock.ts';
export {
  type AccessRefusalReason,
  type AuthErrorDetails,
  authErrorOf,
  AuthRequestError,
  AuthUnavailableError,
  ErrorCode,
  type FieldRefusal,
  ForbiddenReason,
  type GraphQLErrorLike,
  InputRefusalReason,
  TokenRefusalReason,
} from './errors.ts';
