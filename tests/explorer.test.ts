import { parse, validate } from 'graphql';
import { buildGuardedSchema } from '../src/index.ts';
import { refusalOf } from './support/outcomes.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const start = useServers();

let server: TestAuth;
let html: string;
let headers: Headers;
beforeAll(async () => {
  server = await startTestAuth({ isExplorerOn: true });
  ({ text: html, headers } = await server.client.send({ headers: BROWSER }));
});
afterAll(() => server.stop());

test('a browser that opens /graphql gets GraphiQL', () => {
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(html.slice(0, 200)).toMatch(/^\s*<!doctype html>[\s\S]*<title>graphql-simplejwt<\/title>/);
  expect(html.includes('YogaGraphiQL.renderYogaGraphiQL(')).toBe(true);
});

test('the page refers to nothing that would be loaded from elsewhere', () => {
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = '']) => style).join('');
  const markup = html.replaceAll(/<(script|style)>[\s\S]*?<\/\1>/g, '');
  const named = [
    ...markup.matchAll(/\b(?:src|href|srcset|data)\s*=\s*["']?([^"'\s>]*)/g),
    ...styles.matchAll(/url\(\s*["']?([^"')]*)/g),
  ].map(([, url = '']) => url);
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((url) => !url.startsWith('data:')).map((url) => url.slice(0, 100))).toEqual([]);
  const importing = html.match(/@import\s|<script[^>]*\ssrc=|importScripts\(\s*["'`]/);
  expect(importing?.[0]).toBeUndefined();
});

test('the policy of the page allows only itself, data and this server', () => {
  const policy = new Map(
    (headers.get('content-security-policy') ?? '').split('; ').map((rule) => {
      const [name = '', ...sources] = rule.split(' ');
      return [name, sources];
    }),
  );
  expect(policy.get('default-src')).toEqual(["'none'"]);
  expect(policy.get('connect-src')).toEqual(["'self'"]);
  expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
  const sources = new Set([...policy.values()].flat());
  expect(sources).toEqual(new Set(["'none'", "'self'", "'unsafe-inline'", 'data:', 'blob:']));
});

test('the page is not cached, since what is typed into it may be secret', () => {
  expect(headers.get('cache-control')).toBe('no-store');
});

describe('the example operations of the page', () => {
  let document: string;
  beforeAll(() => {
    ({ defaultQuery: document = '' } = settingsOf(html));
  });

  test('are valid, and come with a placeholder for the Bearer token', async () => {
    const { definitions } = parse(document);
    const names = definitions.map((definition) => ('name' in definition ? definition.name?.value : undefined));
    expect(names).toEqual(['Register', 'Login', 'Me', 'Refresh', 'Verify', 'Logout']);
    const schema = await buildGuardedSchema({ resolvers: server.auth.resolvers });
    expect(validate(schema, parse(document))).toEqual([]);
    expect(JSON.parse(settingsOf(html)['headers'] ?? '{}')).toEqual({ authorization: 'Bearer <accessToken>' });
  });

  test('tell the story of a session when they are run in order', async () => {
    const run = async (operationName: string, variables = {}, accessToken = '<accessToken>') => {
      const body = JSON.stringify({ query: document, operationName, variables });
      const headersTab = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
      const answer = await server.client.send({ method: 'POST', headers: headersTab, body });
      expect(answer.errors).toEqual([]);
      return answer.data;
    };
    await run('Register');
    const { accessToken, refreshToken } = (await run('Login')).login;
    const me = await run('Me', {}, accessToken);
    expect([me.me.email, me.sessions.length, me.currentToken.type]).toEqual(['ada@example.com', 2, 'ACCESS']);
    const pair = (await run('Refresh', { refreshToken })).refreshToken;
    expect((await run('Verify', { refreshToken: pair.refreshToken })).verifyToken.isValid).toBe(true);
    expect((await run('Logout', {}, pair.accessToken)).logout).toEqual({ endedSessions: 1 });
    expect((await run('Verify', { refreshToken: pair.refreshToken })).verifyToken.reason).toBe('TOKEN_REVOKED');
  });
});

test('a program that asks by GET still gets JSON', async () => {
  const headersOfPrograms = { 'content-type': 'application/json', accept: '*/*' };
  const answer = await server.client.send({ headers: headersOfPrograms }, '/graphql?query={__typename}');
  expect(answer.data).toEqual({ __typename: 'Query' });
});

test('a browser gets no page when the explorer is off', async () => {
  const { client } = await start({ isExplorerOn: false });
  const answer = await client.send({ headers: BROWSER });
  expect(answer.status).toBe(400);
  expect(refusalOf(answer)).toBe('BAD_REQUEST');
  expect(answer.text).not.toContain('<');
});

/** The settings that are passed to the last script of the page. */
function settingsOf(page: string): Record<string, string> {
  const [, json = '{}'] = /^\s*(\{"title".*\}),?$/m.exec(page.slice(-10_000)) ?? [];
  return JSON.parse(json) as Record<string, string>;
}
