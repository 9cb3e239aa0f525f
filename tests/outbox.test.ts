import { setTimeout as pause } from 'node:timers/promises';
import { onEachDatabase } from './support/databases.ts';
import { newId } from '../src/id.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { Mail } from './support/entities.ts';
import { Mailbox } from './support/mailbox.ts';
import { startMailing } from './support/mail-operations.ts';
import { HOUR } from './support/manual-clock.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
/** To send more: `MAILS=10000 npm test -- tests/outbox.test.ts`. */
const MAILS = Number(process.env['MAILS'] ?? 2_000);
/** Milliseconds. */
const PATIENCE = 60_000 + MAILS * 30;

onEachDatabase((database) => {
  test(
    'thousands of mails are each sent once by two processes, and requests are answered meanwhile',
    async () => {
      const { server, client, mailbox } = await startMailing(start, { databaseUrl: await database.fresh() });
      const { databaseUrl, keys, clock, orm } = server;
      const other = new Mailbox();
      await start({ databaseUrl, keys, clock, mailer: other.mailer, linkUrl: 'https://app.example.com/' });
      await server.auth.createUser({ email: EMAIL, password: PASSWORD, isEmailVerified: true });
      const now = clock.now();
      const rows = Array.from({ length: MAILS }, () => ({
        id: newId(now),
        // A mail without a code, so that none of them voids another.
        purpose: 'REGISTRATION' as const,
        email: EMAIL,
        userId: null,
        sessionId: null,
        language: null,
        attempts: 0,
        lastError: null,
        nextAttemptAt: new Date(now),
        expiresAt: new Date(now + HOUR),
      }));
      await orm.em.fork().insertMany(Mail, rows);

      let answered = 0;
      const sent = () => mailbox.mails.length + other.mails.length;
      while (sent() < MAILS) {
        if ((await client.login()).user.email === EMAIL) answered += 1;
        await pause(200);
      }

      await waitUntil(async () => (await orm.em.fork().count(Mail)) === 0);
      const ids = [...mailbox.mails, ...other.mails].map(({ id }) => id);
      expect(ids.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
      expect(answered).toBeGreaterThan(10);
      expect(server.log()).toBe('');
    },
    PATIENCE,
  );
});
