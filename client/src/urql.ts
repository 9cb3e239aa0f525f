import type { AuthConfig, AuthUtilities } from '@urql/exchange-auth';
import type { CombinedError, Operation, OperationContext } from '@urql/core';
import type { AuthClient } from './auth-client.ts';
import type { Credentials } from './transport.ts';

/**
 * The configuration for `authExchange` of `@urql/exchange-auth`, which stands between `cacheExchange` and
 * `fetchExchange`.
 *
 * @example
 * ```ts
 * import { cacheExchange, Client, fetchExchange } from '@urql/core';
 * import { authExchange } from '@urql/exchange-auth';
 * import { createAuthClient } from 'graphql-simplejwt-client';
 * import { createUrqlAuth } from 'graphql-simplejwt-client/urql';
 *
 * const url = 'https://api.example.com/graphql';
 * export const auth = createAuthClient({ url, delivery: 'REFRESH_COOKIE' });
 * export const client = new Client({
 *   url,
 *   preferGetMethod: false,
 *   exchanges: [cacheExchange, authExchange(createUrqlAuth(auth)), fetchExchange],
 * });
 * ```
 */
export function createUrqlAuth(auth: AuthClient): (utilities: AuthUtilities) => Promise<AuthConfig> {
  return async (utilities) => {
    await auth.ready;
    return {
      addAuthToOperation(operation) {
        const used = auth.credentials();
        const recognised = utilities.appendHeaders(operation, { ...used.headers });
        const context: OperationContext & UsedContext = { ...recognised.context, authCredentials: used };
        if (used.mode !== undefined) context.fetchOptions = { ...fetchOptionsOf(recognised), credentials: used.mode };
        return { ...recognised, context };
      },
      willAuthError: () => auth.isDue(),
      didAuthError(error, operation) {
        const used = (operation.context as UsedContext).authCredentials ?? auth.credentials();
        return auth.isWorthRetrying(error.graphQLErrors, used) && isNothingDone(error, operation);
      },
      // What waits for it was begun before it, and fails where it ends in another session.
      refreshAuth: async () => void (await auth.prepare(auth.credentials().userId)),
    };
  };
}

interface UsedContext {
  readonly authCredentials?: Credentials;
}

function fetchOptionsOf({ context: { fetchOptions } }: Operation): RequestInit {
  return typeof fetchOptions === 'function' ? fetchOptions() : (fetchOptions ?? {});
}

/** What has been done is not done twice: of a mutation every field must have failed. */
function isNothingDone(error: CombinedError, { kind, query }: Operation): boolean {
  if (kind !== 'mutation') return true;
  const failed = new Set(error.graphQLErrors.map(({ path }) => path?.[0]));
  return query.definitions.every(
    (definition) => !('operation' in definition) || definition.selectionSet.selections.length <= failed.size,
  );
}
