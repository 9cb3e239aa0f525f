import { type ApolloClient, ApolloLink, Observable } from '@apollo/client';
import type { AuthClient } from './auth-client.ts';
import { type Credentials, isNothingDone } from './transport.ts';

/**
 * A link for Apollo Client 4, to stand before the `HttpLink`. It recognises every operation, refreshes where needed, and
 * empties the store when somebody logs in or out.
 *
 * @example
 * ```ts
 * import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
 * import { createAuthClient } from 'graphql-simplejwt-client';
 * import { createAuthLink } from 'graphql-simplejwt-client/apollo';
 *
 * const url = 'https://api.example.com/graphql';
 * export const auth = createAuthClient({ url, delivery: 'REFRESH_COOKIE' });
 * export const client = new ApolloClient({
 *   link: createAuthLink(auth).concat(new HttpLink({ uri: url })),
 *   cache: new InMemoryCache(),
 * });
 * ```
 */
export function createAuthLink(auth: AuthClient): ApolloLink {
  const clients = emptyAtLogin(auth);
  return new ApolloLink((operation, forward) => {
    clients.add(operation.client);
    return new Observable((observer) => {
      let isCancelled = false;
      let subscription: { unsubscribe(): void } | undefined;

      const send = (used: Credentials, isLast: boolean): void => {
        if (isCancelled) return;
        operation.setContext(({ headers }) => ({
          headers: { ...(headers as Record<string, string> | undefined), ...used.headers },
          ...(used.mode === undefined ? {} : { credentials: used.mode }),
        }));
        let isAgain = false;
        subscription = forward(operation).subscribe({
          next(result) {
            const type: string = operation.operationType;
            const { errors, data } = result as { errors?: readonly { message: string }[]; data?: object | null };
            const isSafe = type === 'query' || isNothingDone(data);
            isAgain = auth.isWorthRetrying(errors, used) && !isLast && isSafe;
            if (isAgain) void begin(true);
            else observer.next(result);
          },
          error: (error) => observer.error(error),
          complete() {
            if (!isAgain) observer.complete();
          },
        });
      };
      const begin = async (isLast: boolean): Promise<void> =>
        auth.prepare().then(
          (used) => send(used, isLast),
          (error: unknown) => observer.error(error),
        );

      void begin(false);
      return () => {
        isCancelled = true;
        subscription?.unsubscribe();
      };
    });
  });
}

/** What one user has seen is not for the next one. */
function emptyAtLogin(auth: AuthClient): Set<ApolloClient> {
  const clients = new Set<ApolloClient>();
  let userId = auth.getState().user?.id;
  auth.subscribe(({ type }, { user }) => {
    const before = userId;
    userId = user?.id;
    if (type === 'STARTED' || before === userId) return;
    for (const client of clients) {
      // After a login the queries on the page are asked again; after a logout they would be refused.
      const emptied = userId === undefined ? client.clearStore() : client.resetStore();
      emptied.catch(() => undefined);
    }
  });
  return clients;
}
