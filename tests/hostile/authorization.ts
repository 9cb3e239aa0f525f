import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, graphql } from 'graphql';
import { buildGuardedSchema } from '../../src/index.ts';
import { ADMIN_OPERATIONS, administrate, trySecurityEvents } from '../support/accounts.ts';
import { refusalOf } from '../support/outcomes.ts';
import { type Cases, expectLive } from './world.ts';

const SDL = readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8');
/** Each root field that anyone may use, and why. A new one is a decision. */
const PUBLIC_FIELDS: Readonly<Record<string, string>> = {
  csrfToken: 'it reveals a token only to a page that holds the cookie',
  register: 'opens an account',
  login: 'checks the password',
  refreshToken: 'checks the refresh token',
  verifyToken: 'checks the token',
  logout: 'ends only what the tokens name',
  requestPasswordReset: 'answers the same for any e-mail',
  resetPassword: 'checks the code of a mail',
  requestEmailVerification: 'answers the same for any e-mail',
  verifyEmail: 'checks the code of a mail',
  requestLoginCode: 'answers the same for any e-mail',
  loginWithCode: 'checks the code of a mail',
  revertEmailChange: 'checks the code of a mail',
  endSessionWithCode: 'checks the code of a mail',
};

/** Cases of authorization. */
export const authorizationCases: Cases = {
  'AZ-02': async () => {
    const schema = buildSchema(SDL);
    const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.values(type?.getFields() ?? {}),
    );
    expect(schema.getSubscriptionType()).toBeUndefined();
    const open = roots.filter(({ astNode }) => !astNode?.directives?.some(({ name }) => name.value === 'authorized'));
    expect(open.map(({ name }) => name).toSorted()).toEqual(Object.keys(PUBLIC_FIELDS).toSorted());
  },
  'AZ-04': async (world) => {
    const [own, other] = [await world.register(), await world.register()];
    const headers = world.headersOf(own);
    const end = async (id: string) =>
      world.run('mutation ($id: ID!) { endSession(input: { id: $id }) { endedSessions } }', { id }, headers);
    expect((await end(other.sessionId)).text).toBe((await end('01b8dd58-e200-71d2-9b97-5156f38e0f73')).text);
    const events = async (userId: string) => trySecurityEvents(world.client, own.access, { userId });
    expect(refusalOf(await events(other.userId))).toMatch(/^(FORBIDDEN|NOT_FOUND)/);
    expect((await events(other.userId)).text).toBe((await events('01b8dd58-e200-71d2-9b97-5156f38e0f73')).text);
    for (const operation of ADMIN_OPERATIONS) {
      const answer = await administrate(world.client, operation, other.userId, own.access);
      expect(refusalOf(answer)).toBe('FORBIDDEN ROLE_MISSING');
    }
    await expectLive(world, other);
  },
  'AZ-06': async (world) => {
    const schema = await buildGuardedSchema({ resolvers: world.server.auth.resolvers });
    for (const contextValue of [
      undefined,
      {},
      { currentUser: { id: 'x', roles: ['ADMIN'] } },
      { auth: {} },
      { auth: null },
    ]) {
      const { data, errors } = await graphql({ schema, source: '{ me { id } }', contextValue });
      expect(data?.['me'] ?? null).toBeNull();
      expect(errors).toHaveLength(1);
    }
  },
  'AZ-08': async (world) => {
    const people = await Promise.all(Array.from({ length: 25 }, () => world.register()));
    const requests = Array.from({ length: 500 }, (_, index) => people[(index * 7) % people.length]!);
    const answers = await Promise.all(requests.map(async ({ access }) => world.me(access)));
    for (const [index, { data }] of answers.entries()) expect(data.me.id).toBe(requests[index]?.userId);
  },
};
