import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type AuthContext, buildGuardedSchema, createErrorFormatter, CsrfRejectedError } from '../src/index.ts';
import { GraphQLClient } from './support/graphql-client.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { COOKIE_DELIVERIES, Page, setCookiesOf } from './support/page.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { someEmail } from './support/someone.ts';

interface HostContext extends AuthContext {
  readonly res: ServerResponse;
}

let server: TestAuth;
let hosts: ApolloServer<HostContext>[];
beforeEach(async () => {
  server = await startTestAuth();
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.stop();
  await server.stop();
});

/** A host as in docs/browser.md. `asksIsForged` says whether it checks `isForged`, which a host may forget. */
async function startHost(asksIsForged: boolean): Promise<{ client: GraphQLClient; url: string }> {
  const cookies: ApolloServerPlugin<HostContext> = {
    async requestDidStart({ contextValue }) {
      return {
        async didResolveOperation() {
          if (asksIsForged && contextValue.auth.isForged) throw new CsrfRejectedError('origin');
        },
        async willSendResponse() {
          const headers = contextValue.auth.setCookieHeaders();
          if (headers.length > 0) contextValue.res.appendHeader('set-cookie', headers);
        },
      };
    },
  };
  const host = new ApolloServer<HostContext>({
    schema: await buildGuardedSchema({ resolvers: server.auth.resolvers }),
    formatError: createErrorFormatter({ showsValidationTexts: false }),
    plugins: [cookies],
  });
  hosts.push(host);
  const context = async ({ req, res }: { req: IncomingMessage; res: ServerResponse }) => {
    return { ...server.auth.context({ headers: req.headersDistinct, sendsCookies: true }), res };
  };
  const started = await startStandaloneServer(host, { listen: { port: 0, host: '127.0.0.1' }, context });
  const url = started.url.replace(/\/$/, '');
  return { url, client: new GraphQLClient(url) };
}

describe.each(COOKIE_DELIVERIES)('a host on Apollo Server, with %s', (delivery) => {
  test('sets, accepts and clears the cookies', async () => {
    const page = new Page({ ...(await startHost(true)), clock: server.clock });
    await page.register(delivery, someEmail());

    await page.refresh();
    expect(accessOf(await page.me())).toBe('good');
    expect((await page.logout()).data.logout.endedSessions).toBe(1);
    expect(page.jar.names()).toEqual([]);
  });

  test.each([
    ['that asks isForged', true, 'CSRF_REJECTED', 'CSRF_REJECTED'],
    ['that forgets isForged', false, 'UNAUTHENTICATED TOKEN_MISSING', 'INVALID_REFRESH_TOKEN TOKEN_MISSING'],
  ] as const)('%s refuses a request that another site forged', async (_title, asksIsForged, ofQuery, ofRefresh) => {
    const host = { ...(await startHost(asksIsForged)), clock: server.clock };
    const page = new Page(host);
    await page.register(delivery, someEmail());
    page.reload();
    const attacker = new Page(host, { origin: 'https://evil.test' }, page.jar);

    expect(refusalOf(await attacker.me())).toBe(ofQuery);
    const refreshed = await attacker.tryRefresh();
    expect(refusalOf(refreshed)).toBe(ofRefresh);
    expect(setCookiesOf(refreshed)).toEqual([]);
    await attacker.logout();
    const login = await attacker.tryLogin(delivery);
    expect([login.status, refusalOf(login)]).toEqual([403, 'CSRF_REJECTED']);

    await page.refresh();
    expect(accessOf(await page.me())).toBe('good');
  });
});
