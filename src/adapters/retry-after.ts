import type { GraphQLError } from 'graphql';

/** What `Retry-After` says (RFC 9110 section 10.2.3), in seconds: null unless the whole answer is RATE_LIMITED. */
export function retryAfterOf(data: object | null | undefined, errors: readonly Error[] = []): number | null {
  if (errors.length === 0 || Object.values(data ?? {}).some((value) => value !== null)) return null;
  const waits = errors.map((error) => {
    const { code, retryAfterSeconds } = (error as Partial<GraphQLError>).extensions ?? {};
    return code === 'RATE_LIMITED' && typeof retryAfterSeconds === 'number' ? retryAfterSeconds : 0;
  });
  return waits.includes(0) ? null : Math.max(...waits);
}
