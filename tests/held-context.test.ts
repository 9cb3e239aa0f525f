import { type ExecutionResult, graphql, type GraphQLSchema, parse, subscribe } from 'graphql';
import { Resolver, Subscription } from 'type-graphql';
import { type AuthContext, Authorized, buildGuardedSchema } from '../src/index.ts';
import { HostResolver } from './support/host-resolver.ts';
import { HOUR, MINUTE, SECOND } from './support/manual-clock.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

/** Tells each subscriber what the test says, when the test says it. */
const news = new (class implements AsyncIterableIterator<string> {
  #tell: (result: IteratorResult<string>) => void = () => undefined;

  async next(): Promise<IteratorResult<string>> {
    return new Promise((resolve) => (this.#tell = resolve));
  }

  tell(value: string): void {
    this.#tell({ value, done: false });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
})();

@Resolver()
class NewsResolver {
  @Authorized()
  @Subscription(() => String, { nullable: true, subscribe: () => news })
  news(): string {
    return 'for users';
  }
}

async function schemaOf({ auth }: TestAuth): Promise<GraphQLSchema> {
  const pubSub = { publish: () => undefined, subscribe: () => news };
  return buildGuardedSchema({ resolvers: [...auth.resolvers, HostResolver, NewsResolver], pubSub });
}

const contextOf = ({ auth }: TestAuth, accessToken: string) =>
  auth.context({ headers: { authorization: `Bearer ${accessToken}` } });

/** What a guard says of a context: `good`, or its reason. */
async function accessOf(schema: GraphQLSchema, contextValue: AuthContext): Promise<unknown> {
  return outcomeOf(await graphql({ schema, source: '{ currentToken { expiresAt } }', contextValue }), 'currentToken');
}

function outcomeOf({ data, errors }: ExecutionResult, field: string): unknown {
  return data?.[field] ? 'good' : errors?.[0]?.extensions['reason'];
}

test('a context that is held passes no guard after the token has expired', async () => {
  const server = await start({ accessTokenLifetime: '15m', leeway: '5s' });
  const schema = await schemaOf(server);
  const { accessToken } = await server.client.register();
  const context = contextOf(server, accessToken);

  await passTime(server, 15 * MINUTE);
  expect(await accessOf(schema, context)).toBe('good');
  await passTime(server, 5 * SECOND);
  expect(await accessOf(schema, context)).toBe('TOKEN_EXPIRED');
  await passTime(server, 24 * HOUR);
  expect(await accessOf(schema, context)).toBe('TOKEN_EXPIRED');
});

test('a context that is held passes no guard after the session has ended, nor once the end is forgotten', async () => {
  const server = await start({ accessTokenLifetime: '15m', blacklistStaleness: '60s' });
  const schema = await schemaOf(server);
  const { accessToken } = await server.client.register();
  const context = contextOf(server, accessToken);
  expect(await accessOf(schema, context)).toBe('good');

  await server.client.logout(accessToken);
  expect(await accessOf(schema, context)).toBe('TOKEN_REVOKED');
  for (let passed = 0; passed < 4 * HOUR; passed += 20 * MINUTE) {
    await passTime(server, 20 * MINUTE);
    expect(await accessOf(schema, context)).toMatch(/^TOKEN_(REVOKED|EXPIRED)$/);
  }
  expect(await accessOf(schema, context)).toBe('TOKEN_EXPIRED');
});

test('a context that is held shows public fields no user after the token has expired', async () => {
  const server = await start();
  const schema = await schemaOf(server);
  const { accessToken } = await server.client.register();
  const contextValue = contextOf(server, accessToken);
  const whoAmI = async () => (await graphql({ schema, source: '{ whoAmI }', contextValue })).data?.['whoAmI'];
  expect(await whoAmI()).toBe(contextValue.currentUser?.id);
  await passTime(server, HOUR);
  expect(await whoAmI()).toBeNull();
});

test('a subscription passes its guard with each event, and not after the token has expired', async () => {
  const server = await start();
  const schema = await schemaOf(server);
  const { accessToken } = await server.client.register();
  const document = parse('subscription { news }');
  const contextValue = contextOf(server, accessToken);
  const events = await subscribe({ schema, document, contextValue });
  if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events));

  const hear = async () => {
    const heard = events.next();
    await Promise.resolve();
    news.tell('an event');
    return outcomeOf((await heard).value as ExecutionResult, 'news');
  };
  expect(await hear()).toBe('good');
  await passTime(server, HOUR);
  expect(await hear()).toBe('TOKEN_EXPIRED');
});

test('nobody subscribes to a guarded field without a token', async () => {
  const server = await start();
  const schema = await schemaOf(server);
  const contextValue = server.auth.context({ headers: {} });
  const events = await subscribe({ schema, document: parse('subscription { news }'), contextValue });
  if (Symbol.asyncIterator in events) throw new Error('The subscription was accepted.');
  expect(outcomeOf(events, 'news')).toBe('TOKEN_MISSING');
});
