import type { User } from '../users/user.entity.ts';

/** A user as the host sees one when it computes its claims. */
export type ClaimsUser = Pick<User, 'id' | 'email' | 'roles' | 'createdAt'>;

/** The host's own claims in access tokens. */
export interface HostClaims {
  /** The one claim name they stand under, such as `https://example.com/claims` (RFC 7519 section 4.2). */
  readonly namespace: string;
  /** Called at each login and each refresh, outside of any transaction. What it gives must be JSON. */
  compute(user: ClaimsUser): object | Promise<object>;
}

/** What the host adds to the claims of a user's next access token. */
export async function computeHostClaims(
  hostClaims: HostClaims | null,
  { id, email, roles, createdAt }: User,
): Promise<Record<string, unknown>> {
  if (hostClaims === null) return {};
  return { [hostClaims.namespace]: await hostClaims.compute({ id, email, roles, createdAt }) };
}
