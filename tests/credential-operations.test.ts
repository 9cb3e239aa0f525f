import { Arg, Mutation, Query, Resolver } from 'type-graphql';
import { CredentialOperation, Public } from '../src/index.ts';
import { hookStatements } from './support/driver-faults.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

@Resolver()
class CodeResolver {
  static readonly calls: string[] = [];

  @CredentialOperation()
  @Public()
  @Mutation(() => Boolean, { nullable: true })
  checkCode(@Arg('code', () => String) code: string): boolean {
    CodeResolver.calls.push(code);
    return false;
  }

  @CredentialOperation()
  @Public()
  @Query(() => Boolean, { nullable: true })
  isCode(@Arg('code', () => String) code: string): boolean {
    CodeResolver.calls.push(code);
    return false;
  }
}

const LOGIN = `login(input: { email: "${EMAIL}", password: "${PASSWORD}" }) { accessToken }`;
const codesOf = ({ errors }: Answer) => [...new Set(errors.map(({ extensions }) => extensions.code))];

/** A server that records its statements. */
async function startWatched() {
  const server = await start({ resolvers: [CodeResolver] });
  await server.client.register();
  const statements: string[] = [];
  await hookStatements(server.orm, { before: (sql) => void statements.push(sql) });
  const countLookups = () => statements.filter((sql) => sql.includes('email')).length;
  return { ...server, countLookups };
}

test.each([
  ['by aliases', `mutation { ${Array.from({ length: 20 }, (_, index) => `a${index}: ${LOGIN}`).join(' ')} }`],
  ['by a fragment', `mutation { a: ${LOGIN} ...More } fragment More on Mutation { ${LOGIN} }`],
  [
    'by a fragment that is used twice',
    `mutation { ...More ... { ...More } } fragment More on Mutation { b: ${LOGIN} }`,
  ],
  ['by an inline fragment', `mutation { ${LOGIN} ... on Mutation { b: ${LOGIN} } }`],
  ['of two kinds', `mutation { ${LOGIN} refreshToken(input: { refreshToken: "x" }) { accessToken } }`],
  ['that are queries', '{ isCode(code: "1") other: isCode(code: "2") }'],
  ['of the host and of ours', `mutation { ${LOGIN} checkCode(code: "1") }`],
])('several credential operations %s are refused before any of them runs', async (_how, document) => {
  const { client, countLookups, log } = await startWatched();

  const answer = await client.run(document);

  expect(codesOf(answer)).toEqual(['TOO_MANY_CREDENTIAL_OPERATIONS']);
  expect(Object.values((answer.data ?? {}) as object).every((value) => value === null)).toBe(true);
  expect(countLookups()).toBe(0);
  expect(CodeResolver.calls).toEqual([]);
  expect(log()).toBe('');
});

test('one credential operation runs beside other fields', async () => {
  const { client } = await startWatched();

  const answer = await client.run(`mutation { logout { endedSessions } ${LOGIN} more: logout { endedSessions } }`);

  expect(answer.errors).toEqual([]);
  expect(answer.data.login.accessToken).toEqual(expect.any(String));
});

test('a hundred aliases of login look up no user', async () => {
  const { client, countLookups } = await startWatched();

  const answer = await client.run(
    `mutation { ${Array.from({ length: 100 }, (_, index) => `a${index}: ${LOGIN}`).join(' ')} }`,
  );

  expect(answer.errors).toMatchObject([{ extensions: { limit: 'aliases', max: 50 } }]);
  expect(countLookups()).toBe(0);
});

test('each fragment is counted in one pass, however often it is used', async () => {
  const { client } = await startWatched();
  const fragments = Array.from(
    { length: 19 },
    (_, index) => `fragment F${index} on Mutation { ...F${index + 1} ...F${index + 1} }`,
  );
  const document = `mutation { ...F0 } ${fragments.join(' ')} fragment F19 on Mutation { ${LOGIN} }`;

  const answer = await client.run(document);

  expect(answer.errors).toMatchObject([{ extensions: { limit: 'rootFields' } }]);
}, 30_000);
