import type { AuthUser } from '../users/auth-user.ts';

/** The host's own claims in access tokens. */
export interface HostClaims<User extends object = AuthUser> {
  /** The one claim that holds them, such as `https://example.com/claims` (RFC 7519 section 4.2). */
  readonly namespace: string;
  /** Called at each login and refresh, outside of any transaction. The result must be serialisable as JSON. */
  compute(user: User): object | Promise<object>;
}

/** The host's claims of a user's next access token, under their namespace. */
export async function computeHostClaims(
  hostClaims: HostClaims<object> | null,
  user: object,
): Promise<Record<string, unknown>> {
  if (hostClaims === null) return {};
  return { [hostClaims.namespace]: await hostClaims.compute(user) };
}
