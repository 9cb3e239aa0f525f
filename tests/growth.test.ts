import { growthOf, type Usage } from '../scripts/growth.ts';
import { countRows } from './support/accounts.ts';
import { DAY } from './support/manual-clock.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

const USAGE = {
  sessions: 40,
  refreshesPerDay: 4,
  daysOfUse: 8,
  shareOfLogouts: 0.4,
  refreshTokenLifetime: 2,
  accessTokenLifetime: 15 / 1_440,
  eventRetention: 6,
} satisfies Omit<Usage, 'blacklistAfterRotation'>;
/** Longer than any row stays. */
const DAYS = 12;
const STEP = DAY / USAGE.refreshesPerDay;
const STEPS_OF_USE = USAGE.daysOfUse * USAGE.refreshesPerDay;

test.each([true, false])(
  'the rows of a service in use are as many as docs/scaling.md computes, with rotated tokens on the blacklist: %s',
  async (blacklistAfterRotation) => {
    const server = await start({
      blacklistAfterRotation,
      refreshTokenLifetime: '2d',
      eventRetention: '6d',
      maxSessions: 1_000,
      blacklistPoll: '5m',
      blacklistStaleness: '10m',
    });
    const { auth, client, clock } = server;
    const user = await auth.createUser({ email: 'a@example.com', password: 'correct horse battery' });
    const open = async (): Promise<string> => {
      const pair = await auth.openSession({ userId: user.id });
      return pair?.refreshToken ?? '';
    };
    const tokens = await Promise.all(Array.from({ length: USAGE.sessions }, open));
    let ends = 0;
    for (let step = 1; step <= DAYS * USAGE.refreshesPerDay; step += 1) {
      clock.advance(STEP);
      for (const [place, token] of tokens.entries()) {
        const isOver = (step + place) % STEPS_OF_USE === 0;
        if (!isOver) tokens[place] = (await client.refresh(token)).refreshToken;
        else {
          ends += 1;
          if (ends % 10 < 10 * USAGE.shareOfLogouts) await client.logout(undefined, { refreshToken: token });
          tokens[place] = await open();
        }
      }
    }
    // Between two steps, so that what is counted is a mean.
    clock.advance(STEP / 2);
    await auth.purge();
    const growth = growthOf({ ...USAGE, blacklistAfterRotation });
    const expectAbout = async (table: string, expected: number) => {
      const rows = await countRows(server, `simplejwt_${table}`);
      expect(rows).toBeGreaterThanOrEqual(Math.floor(0.88 * expected));
      expect(rows).toBeLessThanOrEqual(Math.ceil(1.12 * expected));
    };
    await expectAbout('session', growth.sessionRows);
    await expectAbout('blacklisted_token', growth.blacklistRows);
    await expectAbout('security_event', growth.eventRows);
  },
);
