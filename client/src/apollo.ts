import { type ApolloClient, ApolloLink, Observable } from '@apollo/client';
import type { AuthClient } from './auth-client.ts';
import { type Credentials, type GraphQLAnswer, isNothingDone } from './transport.ts';

type Result = GraphQLAnswer<object>;

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
      const begunBy = auth.credentials().userId;
      let isCancelled = false;
      let subscription: { unsubscribe(): void } | undefined;

      const type: string = operation.operationType;
      const fail = (error: unknown): void => observer.error(error);
      const isWorthRetrying = ({ errors, data }: Result, used: Credentials): boolean =>
        auth.isWorthRetrying(errors, used) && (type === 'query' || isNothingDone(data));
      const send = (used: Credentials, isLast: boolean): void => {
        if (isCancelled) return;
        subscription?.unsubscribe();
        operation.setContext(({ headers }) => ({
          headers: { ...(headers as Record<string, string> | undefined), ...used.headers },
          ...(used.mode === undefined ? {} : { credentials: used.mode }),
        }));
        // Of a stream that is begun anew nothing more is handed on.
        let isOver = false;
        subscription = forward(operation).subscribe({
          next(result) {
            if (isOver) return;
            isOver = isWorthRetrying(result as Result, used) && !isLast;
            if (isOver) sendAgain(result, used).catch(fail);
            else observer.next(result);
          },
          error(error) {
            if (!isOver) fail(error);
          },
          complete() {
            if (!isOver) observer.complete();
          },
        });
        if (isCancelled) subscription.unsubscribe();
      };
      const sendAgain = async (refused: ApolloLink.Result, used: Credentials): Promise<void> => {
        const prepared = await auth.prepare();
        if (prepared.userId === used.userId) return send(prepared, true);
        observer.next(refused);
        observer.complete();
      };
      const begin = async (): Promise<void> => send(await auth.prepare(begunBy), false);

      begin().catch(fail);
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
