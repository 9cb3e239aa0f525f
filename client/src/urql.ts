import type { Operation, OperationContext } from '@urql/core';
import type { AuthConfig, AuthUtilities } from '@urql/exchange-auth';
import { adapterOf } from './adapter.ts';
import type { AuthClient } from './auth-client.ts';
import type { KnownUser } from './storage.ts';
import { isMutationRepeatable } from './repeatable.ts';
import { rootFieldsOf } from './root-fields.ts';
import type { Credentials } from './transport.ts';

/**
 * The configuration for `authExchange` of `@urql/exchange-auth`. Place that exchange between `cacheExchange` and
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
export function createUrqlAuth(auth: AuthClient<KnownUser>): (utilities: AuthUtilities) => Promise<AuthConfig> {
  const adapter = adapterOf(auth);
  return async (utilities) => {
    await auth.ready;
    return {
      addAuthToOperation(operation) {
        const used = adapter.credentials();
        const withHeaders = utilities.appendHeaders(operation, { ...used.headers });
        const context: OperationContext & CredentialsContext = { ...withHeaders.context, authCredentials: used };
        if (used.mode !== undefined) context.fetchOptions = { ...fetchOptionsOf(withHeaders), credentials: used.mode };
        return { ...withHeaders, context };
      },
      willAuthError: () => adapter.isDue(),
      didAuthError({ graphQLErrors }, operation) {
        const used = (operation.context as CredentialsContext).authCredentials ?? adapter.credentials();
        if (!adapter.isWorthRetrying(graphQLErrors, used)) return false;
        return operation.kind !== 'mutation' || isMutationRepeatable(graphQLErrors, rootFieldsOf(operation.query));
      },
      // The operations that wait for it were started before it. They fail if another user has logged in meanwhile.
      refreshAuth: async () => void (await adapter.prepare(adapter.credentials().userId)),
    };
  };
}

interface CredentialsContext {
  readonly authCredentials?: Credentials;
}

function fetchOptionsOf({ context: { fetchOptions } }: Operation): RequestInit {
  return typeof fetchOptions === 'function' ? fetchOptions() : (fetchOptions ?? {});
}
