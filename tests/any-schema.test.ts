import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { makeExecutableSchema, mergeSchemas } from '@graphql-tools/schema';
import { stitchSchemas } from '@graphql-tools/stitch';
import SchemaBuilder from '@pothos/core';
import {
  graphql,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  subscribe,
} from 'graphql';
import { startHttpServer } from '../server/src/http/http-server.ts';
import { createLog } from '../server/src/log.ts';
import {
  type Auth,
  type AuthContext,
  type AuthModule,
  authResolvers,
  buildAuthModule,
  buildGuardedSchema,
  guardSchema,
  type GuardSchemaOptions,
  limitDocuments,
} from '../src/index.ts';
import { EMAIL, GraphQLClient, type Pair, PASSWORD } from './support/graphql-client.ts';
import { HOUR } from './support/manual-clock.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { COOKIE_DELIVERIES, Page } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { startTestHost } from './support/start-test-host.ts';

const NOTES = [{ text: 'a note', secret: 'a secret' }];
const SDL = `
  type Note { text: String!  secret: String @authorized(roles: ["EDITOR"]) }
  type Query {
    whoAmI: String @public
    notes: [Note!] @authorized
    figures: String @authorized(roles: ["ADMIN", "EDITOR"])
  }
  type Mutation {
    signGuestBook: String @public
    addNote(text: String!): String @authorized
    checkPin(pin: String!): String @public @credentialOperation
  }
`;
const whoAmI = (_source: unknown, _args: unknown, { currentUser }: AuthContext) => currentUser?.id ?? null;
const RESOLVERS = {
  Query: { whoAmI, notes: () => NOTES, figures: () => '42' },
  Mutation: {
    signGuestBook: whoAmI,
    addNote: (_source: unknown, { text }: { text: string }) => text,
    checkPin: (_source: unknown, { pin }: { pin: string }) => pin,
  },
};

/** For what has no SDL. */
const RULES: GuardSchemaOptions['fields'] = {
  'Query.whoAmI': 'public',
  'Query.notes': 'authorized',
  'Query.figures': { roles: ['ADMIN', 'EDITOR'] },
  'Note.secret': { roles: ['EDITOR'] },
  'Mutation.signGuestBook': 'public',
  'Mutation.addNote': 'authorized',
  'Mutation.checkPin': 'public',
};

function pothosSchema(): GraphQLSchema {
  const builder = new SchemaBuilder<{ Context: AuthContext; Objects: { Note: (typeof NOTES)[number] } }>({});
  const authorized = (roles?: string[]) => ({ directives: { authorized: roles === undefined ? {} : { roles } } });
  const open = { directives: { public: {} } };
  builder.objectType('Note', {
    fields: (t) => ({
      text: t.exposeString('text', { nullable: false }),
      secret: t.exposeString('secret', { nullable: true, extensions: authorized(['EDITOR']) }),
    }),
  });
  builder.queryType({
    fields: (t) => ({
      whoAmI: t.string({
        nullable: true,
        extensions: open,
        resolve: (_root, _args, context) => whoAmI(null, null, context),
      }),
      notes: t.field({ type: ['Note'], nullable: true, extensions: authorized(), resolve: () => NOTES }),
      figures: t.string({ nullable: true, extensions: authorized(['ADMIN', 'EDITOR']), resolve: () => '42' }),
    }),
  });
  builder.mutationType({
    fields: (t) => ({
      signGuestBook: t.string({
        nullable: true,
        extensions: open,
        resolve: (_root, _args, context) => whoAmI(null, null, context),
      }),
      addNote: t.string({
        nullable: true,
        args: { text: t.arg.string({ required: true }) },
        extensions: authorized(),
        resolve: (_root, { text }) => text,
      }),
      checkPin: t.string({
        nullable: true,
        args: { pin: t.arg.string({ required: true }) },
        extensions: { directives: { public: {}, credentialOperation: {} } },
        resolve: (_root, { pin }) => pin,
      }),
    }),
  });
  return builder.toSchema();
}

function plainSchema(): GraphQLSchema {
  const note = new GraphQLObjectType({
    name: 'Note',
    fields: { text: { type: new GraphQLNonNull(GraphQLString) }, secret: { type: GraphQLString } },
  });
  const text = { text: { type: new GraphQLNonNull(GraphQLString) } };
  const pin = { pin: { type: new GraphQLNonNull(GraphQLString) } };
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, AuthContext>({
      name: 'Query',
      fields: {
        whoAmI: { type: GraphQLString, resolve: whoAmI },
        notes: { type: new GraphQLList(new GraphQLNonNull(note)), resolve: () => NOTES },
        figures: { type: GraphQLString, resolve: () => '42' },
      },
    }),
    mutation: new GraphQLObjectType<unknown, AuthContext>({
      name: 'Mutation',
      fields: {
        signGuestBook: { type: GraphQLString, resolve: whoAmI },
        addNote: { type: GraphQLString, args: text, resolve: (_source, args: { text: string }) => args.text },
        checkPin: {
          type: GraphQLString,
          args: pin,
          resolve: (_source, args: { pin: string }) => args.pin,
          extensions: { directives: { credentialOperation: {} } },
        },
      },
    }),
  });
}

const HOSTS: readonly (readonly [string, (ours: AuthModule) => GraphQLSchema])[] = [
  [
    'SDL and resolvers',
    ({ typeDefs, resolvers }) =>
      guardSchema(makeExecutableSchema({ typeDefs: [typeDefs, SDL], resolvers: [resolvers, RESOLVERS] })),
  ],
  ['Pothos', (ours) => guardSchema(mergeSchemas({ schemas: [makeExecutableSchema(ours), pothosSchema()] }))],
  [
    'graphql-js',
    (ours) => guardSchema(mergeSchemas({ schemas: [makeExecutableSchema(ours), plainSchema()] }), { fields: RULES }),
  ],
  [
    'stitched schemas',
    (ours) =>
      guardSchema(stitchSchemas({ subschemas: [{ schema: makeExecutableSchema(ours) }, { schema: plainSchema() }] }), {
        fields: RULES,
      }),
  ],
  [
    'a subgraph of Apollo Federation',
    ({ typeDefs, resolvers }) =>
      guardSchema(
        buildSubgraphSchema([
          { typeDefs: parse(typeDefs), resolvers: resolvers as never },
          {
            typeDefs: parse(SDL.replaceAll(/type (Query|Mutation)/g, 'extend type $1')),
            resolvers: RESOLVERS as never,
          },
        ]),
        { fields: { 'Query._service': 'public' } },
      ),
  ],
];

async function serve(auth: Auth, schema: GraphQLSchema): Promise<{ url: string; close(): Promise<void> }> {
  const given = { host: '127.0.0.1', port: 0, isProduction: false, isExplorerOn: false, trustedProxies: [] };
  return startHttpServer({ ...given, auth, schema, log: createLog(process.stderr) });
}

describe.each(HOSTS)('a host with %s', (_name, build) => {
  let server: TestAuth;
  let host: Awaited<ReturnType<typeof serve>>;
  let client: GraphQLClient;
  let user: Pair;
  let editor: Pair;
  beforeAll(async () => {
    server = await startTestAuth();
    host = await serve(server.auth, build(await buildAuthModule(server.auth)));
    client = new GraphQLClient(host.url);
    user = await client.register(EMAIL);
    await server.auth.createUser({ email: 'editor@example.com', password: PASSWORD, roles: ['EDITOR'] });
    editor = await client.login('editor@example.com');
  });
  afterAll(async () => {
    await host.close();
    await server.stop();
  });
  const ask = async (query: string, token?: string) => client.run(query, {}, token);

  test('logs in, refreshes, lists, verifies and logs out', async () => {
    const pair = await client.refresh((await client.login()).refreshToken);
    expect((await client.me(pair.accessToken)).data.me.email).toBe(EMAIL);
    expect((await client.currentToken(pair.accessToken)).data.currentToken.type).toBe('ACCESS');
    expect((await client.sessions(pair.accessToken)).data.sessions.length).toBeGreaterThan(1);
    expect(await client.verify(pair.refreshToken)).toMatchObject({ isValid: true, token: { type: 'REFRESH' } });
    expect((await client.logout(pair.accessToken)).data.logout.endedSessions).toBe(1);
    expect(refusalOf(await client.me(pair.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });

  test('guards a root field', async () => {
    expect(errorOf(await ask('{ notes { text } }')).extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
      refreshable: false,
    });
    expect((await ask('{ notes { text } }', user.accessToken)).data).toEqual({ notes: [{ text: 'a note' }] });
    expect(refusalOf(await ask('mutation { addNote(text: "x") }'))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect((await ask('mutation { addNote(text: "x") }', user.accessToken)).data).toEqual({ addNote: 'x' });
  });

  test('guards by role, at the root and in a type', async () => {
    expect(refusalOf(await ask('{ figures }', user.accessToken))).toBe('FORBIDDEN ROLE_MISSING');
    expect((await ask('{ figures }', editor.accessToken)).data).toEqual({ figures: '42' });
    const answer = await ask('{ notes { secret } }', user.accessToken);
    expect([answer.data.notes, answer.errors[0]?.extensions.code]).toEqual([[{ secret: null }], 'FORBIDDEN']);
    expect((await ask('{ notes { secret } }', editor.accessToken)).data.notes).toEqual([{ secret: 'a secret' }]);
  });

  test('guards our own administration by role', async () => {
    expect(refusalOf(await ask('{ users { edges { cursor } } }', user.accessToken))).toBe('FORBIDDEN ROLE_MISSING');
  });

  test('opens a public field to everyone, and knows the user there', async () => {
    expect((await ask('{ whoAmI }')).data.whoAmI).toBeNull();
    expect((await ask('{ whoAmI }', user.accessToken)).data.whoAmI).toBe(user.user.id);
    const pair = await client.login();
    const both = await ask('mutation { logout { endedSessions } signGuestBook }', pair.accessToken);
    expect(both.data).toEqual({ logout: { endedSessions: 1 }, signGuestBook: null });
  });

  test('asks the clock each time', async () => {
    const other = await startTestAuth();
    const its = await serve(other.auth, build(await buildAuthModule(other.auth)));
    try {
      const its_client = new GraphQLClient(its.url);
      const { accessToken } = await its_client.register(someEmail());
      await passTime(other, HOUR);
      expect(errorOf(await its_client.run('{ notes { text } }', {}, accessToken)).extensions).toEqual({
        code: 'UNAUTHENTICATED',
        reason: 'TOKEN_EXPIRED',
        refreshable: true,
      });
    } finally {
      await its.close();
      await other.stop();
    }
  });

  test('limits the credential operations of a document, ours and its own', async () => {
    const login = `login(input: { email: "${EMAIL}", password: "${PASSWORD}" }) { accessToken }`;
    const documents = [
      `mutation { a: ${login} b: ${login} }`,
      'mutation { a: checkPin(pin: "1") b: checkPin(pin: "2") }',
      `mutation { ${login} checkPin(pin: "1") }`,
    ];
    for (const document of documents) {
      const { errors, data } = await ask(document);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(
        Array.from({ length: 2 }, () => 'TOO_MANY_CREDENTIAL_OPERATIONS'),
      );
      expect(Object.values(data as object)).toEqual([null, null]);
    }
    expect((await ask('mutation { checkPin(pin: "1") }')).data.checkPin).toBe('1');
  });

  test.each(COOKIE_DELIVERIES)('works by cookie, with %s', async (delivery) => {
    const page = new Page({ url: host.url, client, clock: server.clock });
    await page.register(delivery, someEmail());
    await page.refresh();
    expect((await page.run('mutation { addNote(text: "x") }')).data.addNote).toBe('x');
  });

  test('takes no cookie of a mutation without its CSRF token', async () => {
    const page = new Page({ url: host.url, client, clock: server.clock });
    await page.register('COOKIES', someEmail());
    const forged = await page.run('mutation { addNote(text: "x") }', {}, { 'x-csrf-token': undefined });
    expect(refusalOf(forged)).toBe('CSRF_REJECTED');
    const unproved = await page.run('mutation { signGuestBook }', {}, { 'x-csrf-token': undefined });
    expect(unproved.data.signGuestBook).toBeNull();
  });
});

describe('guardSchema', () => {
  const build = (typeDefs: string, options?: GuardSchemaOptions) =>
    guardSchema(
      makeExecutableSchema({
        typeDefs: `directive @authorized(roles: [String!]) on FIELD_DEFINITION
          directive @public on FIELD_DEFINITION ${typeDefs}`,
      }),
      options,
    );

  test.each([
    ['type Query { a: String @public b: String }', 'Query.b is neither @authorized nor @public'],
    ['type Query { a: String @public } type Mutation { b: String }', 'Mutation.b is neither @authorized nor @public'],
    [
      'type Query { a: String @public } type Subscription { b: String }',
      'Subscription.b is neither @authorized nor @public',
    ],
    ['type Query { a: String @authorized(roles: []) }', 'Query.a is @authorized for an empty list of roles'],
    ['type Query { a: String @authorized @public }', 'Query.a is both @authorized and @public'],
    [
      'interface Named { name: String @authorized } type Cat implements Named { name: String } type Query { a: Cat @public }',
      'Cat.name drops the @authorized of Named.name',
    ],
    [
      `interface Named { name: String @authorized(roles: ["A"]) }
       type Cat implements Named { name: String @authorized } type Query { a: Cat @public }`,
      'Cat.name drops the @authorized of Named.name',
    ],
  ])('refuses %s', (typeDefs, fault) => {
    expect(() => build(typeDefs)).toThrow(fault);
  });

  test.each([
    [
      'a directive that the schema does not define',
      { extensions: { directives: { authorized: { roles: 'ADMIN' } } } },
      {},
    ],
    ['a rule', {}, { 'Query.figures': { roles: 'ADMIN' as never } }],
  ])('takes one role for a list of one, in %s', async (_where, extensions, fields) => {
    const schema = guardSchema(
      new GraphQLSchema({
        query: new GraphQLObjectType({
          name: 'Query',
          fields: { figures: { type: GraphQLString, resolve: () => '42', ...extensions } },
        }),
      }),
      { fields },
    );
    const server = await startTestAuth();
    // A part of the name is not the role.
    for (const [roles, figures] of [
      [['ADMIN'], '42'],
      [['MIN', 'A'], null],
    ] as const) {
      const user = await server.auth.createUser({ email: someEmail(), password: PASSWORD, roles });
      const pair = await server.auth.openSession({ userId: user.id });
      const contextValue = server.auth.context({ headers: { authorization: `Bearer ${pair?.accessToken}` } });
      expect((await graphql({ schema, source: '{ figures }', contextValue })).data).toEqual({ figures });
    }
    await server.stop();
  });

  test('refuses roles that are no text', () => {
    const fields = { 'Query.a': { roles: [7] as never } };
    expect(() => build('type Query { a: String }', { fields })).toThrow('empty list of roles');
  });

  test('refuses a rule for a field that does not exist', () => {
    const fields = { 'Query.typo': 'public' } as const;
    expect(() => build('type Query { a: String @public }', { fields })).toThrow('Query.typo does not exist');
  });

  test('refuses a rule that opens what a directive guards', () => {
    const fields = { 'Query.a': 'public' } as const;
    expect(() => build('type Query { a: String @authorized }', { fields })).toThrow('contradicts its directive');
  });

  test('names every fault at once', () => {
    expect(() => build('type Query { a: String b: String }')).toThrow(/Query\.a .*\n.*Query\.b /);
  });

  test('refuses a directive of the name that means something else', () => {
    const schema = makeExecutableSchema({
      typeDefs: `directive @authorized(role: String) on FIELD_DEFINITION
        type Query { a: String @authorized(role: "ADMIN") }`,
    });
    expect(() => guardSchema(schema)).toThrow('@authorized');
  });

  test('guards once, however often it is called', async () => {
    const server = await startTestAuth();
    const module = await buildAuthModule(server.auth);
    const schema = makeExecutableSchema(module);
    const resolve = guardSchema(schema).getQueryType()?.getFields()['me']?.resolve;
    expect(guardSchema(schema).getQueryType()?.getFields()['me']?.resolve).toBe(resolve);
    const built = await buildGuardedSchema({ resolvers: server.auth.resolvers });
    expect(() => guardSchema(built)).not.toThrow();
    await server.stop();
  });

  test('guards a subscription when it begins, and each of its events', async () => {
    const server = await startTestAuth();
    const module = await buildAuthModule(server.auth);
    const ticks = async function* () {
      for (let tick = 1; ; tick += 1) yield { ticks: tick };
    };
    const schema = guardSchema(
      makeExecutableSchema({
        typeDefs: [module.typeDefs, 'type Subscription { ticks: Int @authorized }'],
        resolvers: [module.resolvers, { Subscription: { ticks: { subscribe: ticks } } }],
      }),
    );
    const { accessToken } = await server.client.register();
    const open = async (headers: Record<string, string>) =>
      subscribe({ schema, document: parse('subscription { ticks }'), contextValue: server.auth.context({ headers }) });
    expect(await open({})).toMatchObject({ errors: [{ extensions: { reason: 'TOKEN_MISSING' } }] });
    const events = (await open({ authorization: `Bearer ${accessToken}` })) as AsyncGenerator;
    expect((await events.next()).value).toMatchObject({ data: { ticks: 1 } });
    await server.client.logout(accessToken);
    expect((await events.next()).value).toMatchObject({ errors: [{ extensions: { reason: 'TOKEN_REVOKED' } }] });
    await events.return(undefined);
    await server.stop();
  });
});

describe('buildAuthModule', () => {
  test('composes with another subgraph, which extends User', async () => {
    const link = (names: string) =>
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.14", import: [${names}])\n`;
    const { typeDefs } = await buildAuthModule({ resolvers: authResolvers() });
    const auth = `${link('"@key"')} ${typeDefs} extend type User @key(fields: "id")`;
    const notes = `${link('"@key"')} type User @key(fields: "id") { id: ID! notes: [String!] } type Query { motto: String }`;
    const composed = composeServices([
      { name: 'auth', typeDefs: parse(auth) },
      { name: 'notes', typeDefs: parse(notes) },
    ]);
    expect(composed.errors).toBeUndefined();
    expect(composed.supergraphSdl).toContain('notes');
  });

  test('keeps the length of lists for the limits of documents', async () => {
    const server = await startTestAuth();
    const schema = guardSchema(makeExecutableSchema(await buildAuthModule(server.auth)));
    const { validate } = await import('graphql');
    const many = Array.from(
      { length: 7 },
      (_, index) => `s${index}: sessions { id createdAt lastUsedAt expiresAt userAgent ipAddress isCurrent }`,
    );
    expect(validate(schema, parse(`{ ${many.join(' ')} }`), [limitDocuments({ cost: 4_000 })])).toHaveLength(1);
    await server.stop();
  });

  test("leaves the type User to a host that keeps its own users, and resolves it with the host's", async () => {
    const server = await startTestHost();
    await server.people.add('ada', { id: 1, name: 'Ada' });
    const module = await buildAuthModule(server.auth);
    expect(module.typeDefs).not.toMatch(/type User\b/);
    const schema = guardSchema(
      makeExecutableSchema({
        typeDefs: [module.typeDefs, 'type User { id: ID! name: String! initials: String! }'],
        resolvers: [module.resolvers, { User: { initials: ({ name }: { name: string }) => name.slice(0, 1) } }],
      }),
    );
    const host = await serve(server.auth, schema);
    const client = new GraphQLClient(host.url);
    const answer = await client.run(
      'mutation ($input: LoginInput!) { login(input: $input) { accessToken user { id name initials } } }',
      { input: { email: 'ada', password: PASSWORD } },
    );
    expect(answer.data.login.user).toEqual({ id: '1', name: 'Ada', initials: 'A' });
    const me = await client.run('{ me { name } }', {}, answer.data.login.accessToken);
    expect(me.data.me).toEqual({ name: 'Ada' });
    await host.close();
    await server.stop();
  });

  test('lets a host extend our User', async () => {
    const server = await startTestAuth();
    const module = await buildAuthModule(server.auth);
    const schema = guardSchema(
      makeExecutableSchema({
        typeDefs: [module.typeDefs, 'extend type User { nickname: String }'],
        resolvers: [module.resolvers, { User: { nickname: ({ email }: { email: string }) => email.split('@')[0] } }],
      }),
    );
    const host = await serve(server.auth, schema);
    const client = new GraphQLClient(host.url);
    const { accessToken } = await client.register('ada@example.com');
    expect((await client.run('{ me { nickname } }', {}, accessToken)).data.me).toEqual({ nickname: 'ada' });
    await host.close();
    await server.stop();
  });
});
