import type { Parts } from '../sessions/parts.ts';
import type { PasswordHasher } from '../users/password-hasher.ts';

/** What the use cases of accounts work with beside those of sessions. */
export interface AccountParts extends Parts {
  readonly passwords: PasswordHasher;
}
