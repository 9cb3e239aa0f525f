import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { type AuthClient, createAuthClient, type TokenDelivery } from 'graphql-simplejwt-client';
import { createAuthLink } from 'graphql-simplejwt-client/apollo';
import { recordHistory, type TokenHistory } from './token-history.ts';

/** Everything that the page needs to talk to the server. */
export interface Wiring {
  readonly delivery: TokenDelivery;
  readonly auth: AuthClient;
  readonly apollo: ApolloClient;
  readonly history: TokenHistory;
  close(): void;
}

const ENDPOINT = '/graphql';

/** Your own app needs these lines too. */
export function wire(delivery: TokenDelivery): Wiring {
  const auth = createAuthClient({
    url: ENDPOINT,
    delivery,
    // With cookies, the kit's default is right.
    ...(delivery === 'BODY' ? { storage: localStorage } : {}),
    name: `example.${delivery}`,
  });
  const apollo = new ApolloClient({
    link: createAuthLink(auth).concat(new HttpLink({ uri: ENDPOINT })),
    cache: new InMemoryCache(),
  });
  return {
    delivery,
    auth,
    apollo,
    history: recordHistory(auth),
    close() {
      auth.close();
      apollo.stop();
    },
  };
}
