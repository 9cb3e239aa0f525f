import {
  administrateWell,
  newAdministrator,
  securityEvents,
  type ShownEvent,
  trySecurityEvents,
  tryUsers,
} from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import type { Answer, Pair } from './support/graphql-client.ts';
import { DAY, SECOND } from './support/manual-clock.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { queryPlans } from './support/query-plans.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}
type Variables = { first?: unknown; after?: unknown };

const toCursor = (text: string) => Buffer.from(text).toString('base64url');
const ID = '01900000-0000-7000-8000-000000000000';

onEachDatabase((database) => {
  let server: TestAuth;
  let administrator: Pair;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh() });
    administrator = await newAdministrator(server);
  });
  afterAll(() => server.stop());

  const LISTS = {
    users: (variables: Variables) => tryUsers(server.client, administrator.accessToken, variables),
    securityEvents: (variables: Variables) => trySecurityEvents(server.client, administrator.accessToken, variables),
  };

  describe.each(['users', 'securityEvents'] as const)('%s', (field) => {
    const ask = (variables: Variables = {}): Promise<Answer> => LISTS[field](variables);
    const page = async (variables: Variables = {}): Promise<Connection> => (await ask(variables)).data[field];
    const idsOf = ({ edges }: Connection) => edges.map(({ node }) => node.id);

    /** Adds a row to each list, and returns the id of the one in this list. */
    async function add(): Promise<string> {
      await server.auth.createUser({ email: someEmail(), password: 'correct horse battery' });
      administrator = await server.client.login(administrator.user.email);
      return idsOf(await page({ first: 1 }))[0] as string;
    }
    async function walk(first: number, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
      const ids: string[] = [];
      for (let after: string | null = null; ;) {
        const { edges, pageInfo }: Connection = await page({ first, after });
        ids.push(...edges.map(({ node }) => node.id));
        expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
        expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
        expect(pageInfo.hasPreviousPage).toBe(after !== null);
        if (!pageInfo.hasNextPage) return ids;
        expect(edges).toHaveLength(first);
        after = pageInfo.endCursor;
        await between();
      }
    }

    beforeAll(async () => {
      for (let count = 0; count < 8; count += 1) {
        await add();
        if (count % 3 === 0) await passTime(server, SECOND);
      }
    });

    test('the pages of any size add up to the list, the latest first, without duplicates or gaps', async () => {
      const all = idsOf(await page({ first: 100 }));
      expect(all.length).toBeGreaterThan(8);
      expect(new Set(all).size).toBe(all.length);
      for (const first of [1, 2, 3, all.length - 1, all.length, all.length + 1]) expect(await walk(first)).toEqual(all);
    });

    test('rows of the same millisecond have an order too', async () => {
      const created = async () =>
        ((await page({ first: 100 })).edges as unknown as { node: { createdAt: string } }[]).map(
          ({ node }) => node.createdAt,
        );
      const times = await created();
      expect(new Set(times).size).toBeLessThan(times.length);
      expect(times).toEqual(times.toSorted().toReversed());
    });

    test('a walk through the pages sees each row once, even if rows are added meanwhile', async () => {
      const before = idsOf(await page({ first: 100 }));
      expect(await walk(2, add)).toEqual(before);
    });

    test('a page has the twenty latest rows by default, and a hundred at most', async () => {
      const plain = await server.client.run(
        `{ ${field} { edges { node { id } } pageInfo { hasNextPage } } }`,
        {},
        administrator.accessToken,
      );
      expect(idsOf(plain.data[field])).toEqual(idsOf(await page({ first: 100 })).slice(0, 20));
      for (const first of [1, 100]) expect((await ask({ first })).errors).toEqual([]);
      for (const first of [0, -1, 101, 99_999_999, 2 ** 31 - 1, -(2 ** 31)]) {
        expect(errorOf(await ask({ first })).extensions).toEqual({
          code: 'BAD_USER_INPUT',
          fields: [{ path: 'first', reason: 'OUT_OF_RANGE' }],
        });
      }
    });

    test('a size that is not an integer is refused, and the answer does not repeat it', async () => {
      for (const first of [null, '20', 1.5, 2 ** 31, true, [], {}, 'hunter2']) {
        const answer = await ask({ first });
        expect(answer.data).toBeNull();
        expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
        expect(answer.text).not.toContain('hunter2');
      }
      const literal = await server.client.run(
        `{ ${field}(first: null) { pageInfo { hasNextPage } } }`,
        {},
        administrator.accessToken,
      );
      expect(literal.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    });

    test.each([
      ['empty', ''],
      ['a word', 'hunter2'],
      ['an offset, as other servers use it', toCursor('arrayconnection:3')],
      ['a time alone', toCursor('1893499200000/')],
      ['an id alone', toCursor(`/${ID}`)],
      ['a time with an invalid id', toCursor('1893499200000/1')],
      ['an id with an invalid time', toCursor(`now/${ID}`)],
      ['a time before 1970', toCursor(`-1/${ID}`)],
      ['a time beyond the last date', toCursor(`9999999999999999/${ID}`)],
      ['a time with a leading zero', toCursor(`01893499200000/${ID}`)],
      ['an id in capitals', toCursor(`1893499200000/${ID.replace('e', 'E').toUpperCase()}X`)],
      ['followed by a slash', toCursor(`1893499200000/${ID}/`)],
      ['followed by a line break', toCursor(`1893499200000/${ID}\n`)],
      ['SQL', toCursor(`1893499200000/' or '1' = '1`)],
      ['NUL', '\0'],
      ['half a surrogate pair', '\ud800'],
      ['very long', 'A'.repeat(50_000)],
      ['in padded base64', `${toCursor(`1893499200000/${ID}`)}==`],
      ['surrounded by white space', ` ${toCursor(`1893499200000/${ID}`)}`],
    ])('a cursor is refused when it is %s', async (_title, after) => {
      expect(errorOf(await ask({ after })).extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'after', reason: 'CURSOR_INVALID' }],
      });
    });

    test('a cursor of any time, past or future, marks a place in the list', async () => {
      const all = idsOf(await page({ first: 100 }));
      for (const time of [0, 1, 253_402_300_800_000, 999_999_999_999_999]) {
        const answer = await ask({ first: 100, after: toCursor(`${time}/${ID}`) });
        expect(answer.errors).toEqual([]);
        expect(idsOf(answer.data[field])).toEqual(time < 2 ? [] : all);
      }
    });

    test('a cursor stays valid after its row is deleted', async () => {
      const { edges } = await page({ first: 100 });
      const [, second, third] = edges;
      await removeRow(field, second!.node.id);
      const rest = await page({ first: 1, after: second!.cursor });
      expect(idsOf(rest)).toEqual([third!.node.id]);
    });
  });

  test.each(['users', 'securityEvents'] as const)(
    'a page of %s is found by index, however deep in the list it is',
    async (field) => {
      const { edges } = (await LISTS[field]({ first: 3 })).data[field] as Connection;
      const [plan] = await queryPlans(server, /^select .* limit /, () => LISTS[field]({ after: edges[2]?.cursor }));
      expect(plan).toMatch(/index.*simplejwt_\w+_created_at_id_index[^]*created_at ?<=? ?[?$]/i);
      expect(plan).not.toMatch(/sort|temp/i);
    },
  );

  async function removeRow(field: 'users' | 'securityEvents', id: string): Promise<void> {
    if (field === 'users') await administrateWell(server.client, 'deleteUser', id, administrator.accessToken);
    else await server.orm.em.getConnection().execute(`delete from simplejwt_security_event where id = '${id}'`);
  }

  test('a walk through the events continues while old ones are purged', async () => {
    const reader = await server.client.register(someEmail());
    const shownTo = async (pair: Pair, variables: Record<string, unknown> = {}): Promise<Connection> =>
      (await trySecurityEvents(server.client, pair.accessToken, variables)).data.securityEvents;
    for (let count = 0; count < 3; count += 1) await server.client.tryLogin(reader.user.email, 'wrong horse battery');
    await passTime(server, 90 * DAY - SECOND);
    const again = await server.client.login(reader.user.email);
    await server.client.tryLogin(reader.user.email, 'wrong horse battery');
    const first = await shownTo(again, { first: 1 });
    expect(first.pageInfo.hasNextPage).toBe(true);
    await passTime(server, 2 * SECOND);
    await server.auth.purge();
    const rest = await shownTo(again, { first: 100, after: first.pageInfo.endCursor });
    const types = (rest.edges as unknown as { node: ShownEvent }[]).map(({ node }) => node.type);
    expect(types).toEqual(['LOGGED_IN']);
    expect(rest.pageInfo.hasNextPage).toBe(false);
    expect(await securityEvents(server.client, again.accessToken)).toHaveLength(2);
  });

  test('an empty list has no cursors', async () => {
    const fresh = await newAdministrator(server);
    const { data } = await trySecurityEvents(server.client, fresh.accessToken, { userId: ID });
    expect(data.securityEvents).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    expect(refusalOf(await trySecurityEvents(server.client, fresh.accessToken, { userId: 'nobody' }))).toBe(
      'NOT_FOUND',
    );
  });
});
