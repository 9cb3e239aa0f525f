import type { User } from './user.entity.ts';

/** A user as the library hands one out: the row without its password hash. */
export interface AuthUser {
  readonly id: string;
  /** Trimmed and in lower case. */
  readonly email: string;
  readonly roles: readonly string[];
  /** Whether the user can log in. */
  readonly isActive: boolean;
  /** Whether somebody proved to receive the mails of this address. */
  readonly isEmailVerified: boolean;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

export function toAuthUser(user: User): AuthUser {
  const { id, email, roles, deactivatedAt, emailVerifiedAt, createdAt, lastLoginAt } = user;
  const isEmailVerified = emailVerifiedAt !== null;
  return { id, email, roles, isActive: deactivatedAt === null, isEmailVerified, createdAt, lastLoginAt };
}
