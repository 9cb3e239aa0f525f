import type { SessionServices } from '../sessions/services.ts';
import type { PasswordHasher } from '../users/password-hasher.ts';

/** What the use cases of accounts work with. */
export interface AccountServices extends SessionServices {
  readonly passwords: PasswordHasher;
}
