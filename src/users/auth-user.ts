import type { User } from './user.entity.ts';

/** A user as the library hands one out: the row without its password hash. */
export interface AuthUser {
  readonly id: string;
  /** Trimmed and in lower case. */
  readonly email: string;
  readonly roles: readonly string[];
  /** Whether the user can log in. */
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

export function toAuthUser({ id, email, roles, deactivatedAt, createdAt, lastLoginAt }: User): AuthUser {
  return { id, email, roles, isActive: deactivatedAt === null, createdAt, lastLoginAt };
}
