import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveSettings } from '../src/index.ts';
import { compile, HOST_OPTIONS } from './support/compile.ts';

const issuer = 'https://auth.test';

test('the documented default of each setting is its default', () => {
  const source = readFileSync(join(import.meta.dirname, '../src/settings.ts'), 'utf8');
  const documented = source.matchAll(/@defaultValue `(.*)`\n\s*\*\/\n\s*readonly (\w+)\?:/g);
  const defaults = Object.fromEntries(
    Array.from(documented, ([, text = '', name = '']) => [name, JSON.parse(text.replaceAll("'", '"')) as unknown]),
  );

  const resolved = resolveSettings({ issuer });
  // The default of the prefix depends on the issuer.
  expect(new Set(['issuer', 'cookiePrefix', ...Object.keys(defaults)])).toEqual(new Set(Object.keys(resolved)));
  expect(resolveSettings({ issuer, ...defaults })).toEqual(resolved);
});

test('a setting of the wrong type does not compile', async () => {
  const settingsOf = (text: string) => ({
    place: 'settings.ts:1',
    text: `import type { AuthSettings } from 'graphql-simplejwt';
      export const settings: AuthSettings = { issuer: '${issuer}', ${text} };`,
  });
  const wrong = [
    "maxSessions: 'lots'",
    "accessTokenLifetime: '15 minutes'",
    "tokenDelivery: ['COOKIE']",
    "cookieSameSite: 'lax'",
    "blacklistAfterRotation: 'true'",
    "colour: 'red'",
  ];
  const reports = await compile(
    wrong.map((text, index) => ({ ...settingsOf(text), place: `wrong-${index}.ts:1` })),
    HOST_OPTIONS,
  );

  for (const index of wrong.keys()) expect(reports).toContain(`wrong-${index}.ts-1.ts`);
  expect(await compile([settingsOf("maxSessions: 5, accessTokenLifetime: '15m'")], HOST_OPTIONS)).toBe('');
}, 60_000);

test('an unknown setting is named, with those that there are', () => {
  const given = { issuer, colour: 'red', size: 1 };
  expect(() => resolveSettings(given)).toThrow(/colour: there is no such setting\. There are: issuer, audience, /);
  expect(() => resolveSettings(given)).toThrow(/size: there is no such setting/);
});
