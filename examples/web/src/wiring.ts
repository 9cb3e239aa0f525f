import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { type AuthClient, createAuthClient, type TokenDelivery } from 'graphql-simplejwt-client';
import { createAuthLink } from 'graphql-simplejwt-client/apollo';
import { recordHistory, type TokenHistory } from './token-history.ts';

/** All that the page needs to speak to the server. */
export interface Wiring {
  readonly delivery: TokenDelivery;
  readonly auth: AuthClient;
  readonly apollo: ApolloClient;
  readonly history: TokenHistory;
  close(): void;
}

const ENDPOINT = '/graphql';

/** These few lines are what an app of your own needs. */
export function wire(delivery: TokenDelivery): Wiring {
  const auth = createAuthClient({
    url: ENDPOINT,
    delivery,
    // With cookies the kit's default will do.
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
