import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { onEachDatabase } from './support/databases.ts';
import { EMAIL, PASSWORD, type Pair } from './support/graphql-client.ts';
import { runMail, startMailing } from './support/mail-operations.ts';
import { SECOND } from './support/manual-clock.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const RETRY_KEY = 'a-key-of-22-characters-or-more';

/** Every row of every table; on SQLite also the raw files, with content that has been overwritten since. */
async function everythingStored({ orm, databaseUrl }: TestAuth): Promise<string> {
  const tables = [...orm.getMetadata().getAll().values()].map(({ tableName }) => tableName);
  const parts: string[] = [];
  for (const table of tables)
    parts.push(JSON.stringify(await orm.em.getConnection().execute(`select * from ${table}`)));
  if (databaseUrl.startsWith('sqlite:')) {
    const path = databaseUrl.slice('sqlite:'.length);
    const files = [path, `${path}-wal`].filter((file) => existsSync(file));
    parts.push(...files.map((file) => readFileSync(file, 'latin1')));
  }
  return parts.join('\n');
}

/** A secret in every form in which it might be stored: itself, its parts, and its hash in any spelling. */
function formsOf(secret: string): string[] {
  const pieces = [secret, ...secret.split('.').slice(1)];
  const hashes = pieces.flatMap((piece) =>
    ['md5', 'sha1', 'sha256', 'sha384', 'sha512'].flatMap((name) => {
      const digest = createHash(name).update(piece).digest();
      return (['hex', 'base64', 'base64url', 'latin1'] as const).map((form) => digest.toString(form));
    }),
  );
  return [...pieces, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex'), ...hashes];
}

onEachDatabase((database) => {
  test('the database contains no token, no hash of a token, no password and no key', async () => {
    const server = await start({ databaseUrl: await database.fresh() });
    const { client } = server;
    const pairs: Pair[] = [await client.register(), await client.login()];
    for (const key of [undefined, RETRY_KEY, undefined]) {
      await passTime(server, SECOND);
      pairs.push(await client.refresh(pairs.at(-1)?.refreshToken ?? '', key));
    }
    await client.tryRefresh(pairs[1]?.refreshToken ?? '');
    await client.tryLogin(EMAIL, 'not the right password');
    await client.verify(pairs[0]?.refreshToken ?? '');
    await client.logout(pairs[0]?.accessToken);

    const stored = await everythingStored(server);
    const ids = pairs.flatMap(({ session, user, refreshToken }) => [session.id, user.id, claimsOf(refreshToken).jti]);
    for (const known of [...ids, EMAIL]) expect(stored).toContain(known);
    const secrets = [
      ...pairs.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
      ...server.keys.keys.map(({ k }) => String(k)),
      PASSWORD,
      'not the right password',
    ];
    const found = secrets.filter((secret) => formsOf(secret).some((form) => stored.includes(form)));
    expect(found).toEqual([]);
    expect(stored).not.toContain(RETRY_KEY);
  });

  test('the database contains no code of a mail, before and after it is used', async () => {
    const { client, server, mailbox } = await startMailing(start, {
      databaseUrl: await database.fresh(),
      loginByCode: true,
    });
    await client.register();
    const codes = [];
    for (const operation of ['requestPasswordReset', 'requestEmailVerification', 'requestLoginCode'] as const) {
      await runMail(client, operation, { email: EMAIL });
      codes.push(await mailbox.next());
    }
    const before = await everythingStored(server);
    await runMail(client, 'loginWithCode', { code: codes[2]?.token });
    const stored = before + (await everythingStored(server));
    for (const { digits, token, mail } of codes) {
      expect(stored).toContain(mail.id);
      // The second half of the token is all that is secret of it.
      for (const secret of [digits, token, token.slice(22)])
        expect(formsOf(secret).filter((form) => form !== digits && stored.includes(form))).toEqual([]);
      expect(stored).not.toMatch(new RegExp(`(?<![0-9])${digits}(?![0-9])`));
    }
  });

  test('a password is stored as the bcrypt hash of a keyed digest, at the configured cost, and equal passwords have different hashes', async () => {
    const server = await start({ databaseUrl: await database.fresh(), bcryptCost: 5 });
    await server.client.register();
    await server.client.register('eve@example.com');
    const rows = await server.orm.em.getConnection().execute('select password_hash from simplejwt_user');
    const hashes = (rows as unknown as { password_hash: string }[]).map((row) => row.password_hash);
    for (const hash of hashes)
      expect(hash).toMatch(/^\$hmac-sha384\$password-[0-9a-f]{16}\$2b\$05\$[./A-Za-z0-9]{53}$/);
    expect(new Set(hashes).size).toBe(2);
  });
});
