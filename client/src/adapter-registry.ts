import type { GraphQLErrorLike } from './errors.ts';
import type { Credentials } from './transport.ts';

/** What an adapter for a GraphQL client needs of an `AuthClient`. Apps do not need it. */
export interface AuthAdapter {
  /** The credentials of the next request, as they are at this moment. */
  credentials(): Credentials;
  /** Whether `prepare` has to wait for a refresh. */
  isDue(): boolean;
  /**
   * Returns credentials for a request: it waits for the storage, and refreshes if that is due.
   *
   * @param startedBy the `userId` of the credentials at the time when the operation was started.
   * @throws AuthUnavailableError if no answer arrives, or if another user has logged in since.
   */
  prepare(startedBy?: string | null): Promise<Credentials>;
  /**
   * Examines the errors of an answer. Ask once per operation, and repeat a mutation only if nothing of it was done.
   *
   * @param used the credentials of the request.
   * @returns whether the same request may succeed once it is prepared again.
   */
  isWorthRetrying(errors: readonly GraphQLErrorLike[] | undefined, used: Credentials): boolean;
}

/** The adapter of each client, kept beside it so that apps do not see its members. */
export const adapters = /* @__PURE__ */ new WeakMap<object, AuthAdapter>();
