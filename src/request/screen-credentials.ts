import type { Credentials } from '../users/credentials.ts';
import type { AuthRequest } from './credentials.ts';

/** Credentials that a client has sent, before they are checked. */
export interface CredentialCheck extends Credentials {
  readonly operation: 'login' | 'register' | 'changePassword' | 'resetPassword';
  /** The request, as your context function passed it. A captcha's answer may be in one of its headers. */
  readonly request: AuthRequest;
}

/**
 * Asks more of a client than a password, such as a captcha or a password that no breach has revealed. It runs within the
 * limits and before anything is hashed. Of `changePassword` and `resetPassword`, the password is the new one.
 *
 * To refuse, throw what the client is to see: a GraphQLError with a code of your own, or a BadUserInputError.
 */
export type ScreenCredentials = (check: CredentialCheck) => void | Promise<void>;
