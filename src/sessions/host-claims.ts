import type { User } from '../users/user.entity.ts';

/** A user as the host's claims function receives it. */
export type ClaimsUser = Pick<User, 'id' | 'email' | 'roles' | 'createdAt'>;

/** The host's own claims in access tokens. */
export interface HostClaims {
  /** The one claim that holds them, such as `https://example.com/claims` (RFC 7519 section 4.2). */
  readonly namespace: string;
  /** Called at each login and refresh, outside of any transaction. The result must be serialisable as JSON. */
  compute(user: ClaimsUser): object | Promise<object>;
}

/** The host's claims of a user's next access token, under their namespace. */
export async function computeHostClaims(
  hostClaims: HostClaims | null,
  { id, email, roles, createdAt }: User,
): Promise<Record<string, unknown>> {
  if (hostClaims === null) return {};
  return { [hostClaims.namespace]: await hostClaims.compute({ id, email, roles, createdAt }) };
}
