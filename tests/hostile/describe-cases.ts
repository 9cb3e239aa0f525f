import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorizationCases } from './authorization.ts';
import { cookieCases } from './cookies.ts';
import { documentCases } from './documents.ts';
import { forgeryCases } from './forgery.ts';
import { httpCases } from './http.ts';
import { leakCases } from './leaks.ts';
import { loginCases } from './logins.ts';
import { rotationCases } from './rotation.ts';
import { tokenCases } from './tokens.ts';
import { type Cases, expectControl, type Mode, SECRETS, World } from './world.ts';
import { onEachDatabase } from '../support/databases.ts';
import { startTestAuth, type TestAuth } from '../support/start-test-auth.ts';

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')) as {
  readonly cases: readonly { readonly id: string; readonly title: string }[];
};
const attacks: Cases = {
  ...forgeryCases,
  ...tokenCases,
  ...rotationCases,
  ...loginCases,
  ...cookieCases,
  ...documentCases,
  ...leakCases,
  ...httpCases,
  ...authorizationCases,
};

/** Tests each hostile case with tokens that are sent in this way. Each way has a file of its own, so that they run at the same time. */
export function describeCases(mode: Mode): void {
  test('each hostile case is run, and no other', () => {
    expect(Object.keys(attacks).toSorted()).toEqual(cases.map(({ id }) => id).toSorted());
  });

  onEachDatabase((database) => {
    describe(`with tokens in ${mode}`, () => {
      let world: World;
      const started: TestAuth[] = [];
      const start = async (...options: Parameters<typeof startTestAuth>) => {
        const server = await startTestAuth(...options);
        started.push(server);
        return server;
      };
      beforeAll(async () => {
        const server = await startTestAuth({ databaseUrl: await database.fresh(), isProduction: true });
        world = new World(mode, server, database, start);
      });
      afterEach(async () => {
        const logs = started.map((server) => server.log()).join('');
        for (const server of started.splice(0).toReversed()) await server.stop();
        expect(logs).not.toMatch(SECRETS);
      });
      afterAll(() => world.server.stop());

      test.each(cases.map(({ id, title }) => [id, title] as const))('%s %s', async (id) => {
        await attacks[id]?.(world);
        await expectControl(world);
      });

      test('the log has no token, no cookie, no password and no e-mail of any case, and no fault', () => {
        expect(world.server.log()).toBe('');
      });
    });
  });
}
