export { type AuthClient, createAuthClient, type Lifetimes, type TypedDocument } from './auth-client.ts';
export type { AuthClientOptions } from './options.ts';
export type { AuthClientEvent, AuthClientListener, AuthState } from './state.ts';
export type { LogoutReason } from './tabs.ts';
export type { GraphQLAnswer } from './transport.ts';
export type { LogoutResult, PairLike } from './documents.ts';
export type { AuthUser, KnownUser, TokenDelivery, TokenStorage } from './storage.ts';
export type { Clock } from './clock.ts';
export type { Locks } from './lock.ts';
export {
  type AccessRefusalReason,
  type AuthErrorDetails,
  authErrorOf,
  AuthRequestError,
  AuthUnavailableError,
  type FieldRefusal,
  type GraphQLErrorLike,
} from './errors.ts';
export { ErrorCode, ForbiddenReason, InputRefusalReason, TokenRefusalReason } from './reasons.ts';
