import { type ApolloClient, ApolloLink, Observable } from '@apollo/client';
import { adapterOf } from './adapter.ts';
import type { AuthClient } from './auth-client.ts';
import type { KnownUser } from './storage.ts';
import type { GraphQLErrorLike } from './errors.ts';
import { isMutationRepeatable } from './repeatable.ts';
import { rootFieldsOf } from './root-fields.ts';
import type { Credentials } from './transport.ts';

/**
 * A link for Apollo Client 4, to be placed before the `HttpLink`. It sends the credentials with every operation, refreshes
 * if needed, and empties the store when another user logs in or the user logs out.
 *
 * @example
 * ```ts
 * import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
 * import { createAuthClient } from 'graphql-simplejwt-client';
 * import { createAuthLink, emptyStoreOnUserChange } from 'graphql-simplejwt-client/apollo';
 *
 * const url = 'https://api.example.com/graphql';
 * export const auth = createAuthClient({ url, delivery: 'REFRESH_COOKIE' });
 * export const client = new ApolloClient({
 *   link: createAuthLink(auth).concat(new HttpLink({ uri: url })),
 *   cache: new InMemoryCache(),
 * });
 * emptyStoreOnUserChange(auth, client);
 * ```
 */
export function createAuthLink(auth: AuthClient<KnownUser>): ApolloLink {
  const adapter = adapterOf(auth);
  return new ApolloLink((operation, forward) => {
    emptyStoreOnUserChange(auth, operation.client);
    return new Observable((observer) => {
      const startedBy = adapter.credentials().userId;
      const type: string = operation.operationType;
      const fail = (error: unknown): void => observer.error(error);
      let isCancelled = false;
      let subscription: { unsubscribe(): void } | undefined;
      // A refused request is sent again once; a subscription, once after each time that it was accepted.
      let mayRetry = true;

      const isWorthRetrying = (errors: readonly GraphQLErrorLike[], used: Credentials): boolean =>
        adapter.isWorthRetrying(errors, used) &&
        (type !== 'mutation' || isMutationRepeatable(errors, rootFieldsOf(operation.query)));
      const send = (used: Credentials): void => {
        if (isCancelled) return;
        subscription?.unsubscribe();
        operation.setContext(({ headers }) => ({
          headers: { ...(headers as Record<string, string> | undefined), ...used.headers },
          ...(used.mode === undefined ? {} : { credentials: used.mode }),
        }));
        // After a refusal, whatever the old stream still brings is dropped.
        let isOver = false;
        subscription = forward(operation).subscribe({
          next(result) {
            if (isOver) return;
            const errors = errorsOf(result);
            isOver = mayRetry && isWorthRetrying(errors, used);
            if (isOver) return void sendAgain(result, used).catch(fail);
            if (type === 'subscription' && errors.length === 0) mayRetry = true;
            observer.next(result);
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
        mayRetry = false;
        const prepared = await adapter.prepare();
        if (prepared.userId === used.userId) return send(prepared);
        observer.next(refused);
        observer.complete();
      };
      const start = async (): Promise<void> => send(await adapter.prepare(startedBy));

      start().catch(fail);
      return () => {
        isCancelled = true;
        subscription?.unsubscribe();
      };
    });
  });
}

/** A part of an answer with `@defer` or `@stream`, in either form that servers send. */
interface IncrementalResult {
  readonly errors?: readonly GraphQLErrorLike[];
  readonly incremental?: readonly { readonly errors?: readonly GraphQLErrorLike[] }[];
  readonly completed?: readonly { readonly errors?: readonly GraphQLErrorLike[] }[];
}

/** The errors of a result, whichever part of a deferred answer they are in. */
function errorsOf(result: ApolloLink.Result): readonly GraphQLErrorLike[] {
  const { errors = [], incremental = [], completed = [] } = result as IncrementalResult;
  return [...errors, ...[...incremental, ...completed].flatMap((part) => part.errors ?? [])];
}

const watched = /* @__PURE__ */ new WeakMap<AuthClient<KnownUser>, Set<ApolloClient>>();

/**
 * Empties the store of an Apollo Client when another user logs in or the user logs out. The link of `createAuthLink` does
 * so too, from its first operation on. Call this if the store may hold data before that, such as a cache that is restored
 * from disk.
 */
export function emptyStoreOnUserChange(auth: AuthClient<KnownUser>, client: ApolloClient): void {
  const clients = watched.get(auth) ?? watch(auth);
  clients.add(client);
}

function watch(auth: AuthClient<KnownUser>): Set<ApolloClient> {
  const clients = new Set<ApolloClient>();
  watched.set(auth, clients);
  let userId = auth.getState().user?.id;
  auth.subscribe(({ type }, { user }) => {
    const before = userId;
    userId = user?.id;
    if (type === 'STARTED' || before === userId) return;
    for (const client of clients) {
      // After a login, the queries on the page are sent again. After a logout they would be refused.
      const emptied = userId === undefined ? client.clearStore() : client.resetStore();
      emptied.catch(() => undefined);
    }
  });
  return clients;
}
