import * as fc from 'fast-check';
import { DAY, HOUR, MINUTE, SECOND } from '../../tests/support/manual-clock.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { MOST_TABS, Person, type Setting, type Step } from './support/person.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
/** The number of histories for each delivery. To run more: `HISTORIES=1000 npm test -- client/tests/histories.test.ts`. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 15);
/** Milliseconds. Longer than the kit itself waits for an answer. */
const HISTORY_TIMEOUT = 30_000;

const tab = fc.nat({ max: MOST_TABS - 1 });
const span = fc.constantFrom(SECOND, 9 * SECOND, 11 * SECOND, 14 * MINUTE + 40 * SECOND, 16 * MINUTE, HOUR, DAY);
const weights: readonly [weight: number, step: fc.Arbitrary<Step>][] = [
  [5, fc.record({ does: fc.constant('ASK'), tab, count: fc.integer({ min: 1, max: 5 }) })],
  [4, fc.record({ does: fc.constant('ASK_IN_ALL_TABS') })],
  [8, fc.record({ does: fc.constant('WAIT'), by: span, isBusy: fc.boolean() })],
  [1, fc.record({ does: fc.constant('SET_CLOCK'), by: fc.constantFrom(-HOUR, HOUR) })],
  [3, fc.record({ does: fc.constant('LOSE_ANSWERS'), count: fc.constantFrom(1, 2, 4) })],
  [3, fc.record({ does: fc.constant('RELOAD_IN_THE_MIDDLE'), tab })],
  [2, fc.record({ does: fc.constant('RELOAD'), tab })],
  [2, fc.record({ does: fc.constant('OPEN') })],
  [1, fc.record({ does: fc.constant('CLOSE'), tab })],
  [1, fc.record({ does: fc.constant('LOG_OUT_AND_IN'), tab, isBusy: fc.boolean() })],
  [1, fc.record({ does: fc.constant('GO_AWAY') })],
  [2, fc.record({ does: fc.constant('COME_BACK') })],
];
const anyStep = fc.oneof(...weights.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 14 });

const anySetting = fc.record({ hasLocks: fc.boolean(), areLostCookiesKept: fc.boolean() });
/** The one thing that is not guaranteed: see docs/reliability.md. */
const isTooMuch = ({ delivery, hasLocks, areLostCookiesKept }: Setting) =>
  delivery !== 'BODY' && !hasLocks && !areLostCookiesKept;

test.each(['BODY', 'COOKIES', 'REFRESH_COOKIE'] as const)(
  'no history of tabs, network and clock logs anybody out or leaves an operation unanswered, with %s',
  async (delivery) => {
    const server = await startServer({ sessionLifetime: 'none', refreshTokenLifetime: '100d', maxSessions: 10_000 });
    await server.client.register();
    const settings = anySetting.map((setting) => ({ ...setting, delivery })).filter((setting) => !isTooMuch(setting));
    const history = fc.asyncProperty(settings, anySteps, async (setting, steps) => {
      const person = new Person(server, openBrowser, setting);
      await person.logIn();
      for (const step of steps) await person.take(step);
      await person.expectToGoOn();
    });
    const limits = { numRuns: HISTORIES, timeout: HISTORY_TIMEOUT, includeErrorInReport: true };
    const played = fc.assert(history, limits);
    await expect(played).resolves.toBeUndefined();
  },
  60_000 + HISTORIES * 10_000,
);
