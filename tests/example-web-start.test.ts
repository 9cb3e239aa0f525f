import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';
import { EMAIL, GraphQLClient } from './support/graphql-client.ts';
import { waitUntil } from './support/wait-until.ts';

const PATIENCE = 40_000;
const START = join(import.meta.dirname, '../examples/web/start.ts');

let program: BuiltProgram;
let folder: string;
let example: ChildProcess | undefined;
beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-example-'));
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => example?.kill('SIGTERM'));

test(
  '`npm run example:web` serves the page with the API behind it, and one signal ends both',
  async () => {
    const { ended, output } = start();
    await waitUntil(() => output().includes('The page is at') || example?.exitCode !== null, PATIENCE);
    const [, page = '', api = ''] = /The page is at (\S+)\/ \(the server at (\S+)\)/.exec(output()) ?? [];

    expect(await textOf(page)).toContain('<div id="root">');
    const script = await textOf(`${page}/src/main.tsx`);
    const [, react = ''] = /from "(\/\S*react\S*)"/.exec(script) ?? [];
    expect(await textOf(page + react)).toContain('export');
    expect((await new GraphQLClient(page).register()).user.email).toBe(EMAIL);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['auth.db', 'keys.json']));

    example?.kill('SIGINT');

    expect(await ended).toBe(0);
    await waitUntil(async () => (await isSilent(page)) && (await isSilent(api)));
    await waitUntil(() => !readdirSync(folder).includes('auth.db-wal'));
  },
  2 * PATIENCE,
);

/** Starts the example as its npm script does, on free ports. */
function start() {
  const child = spawn(process.execPath, [START, program.main], {
    env: { ...process.env, EXAMPLE_WEB_PORT: '0', EXAMPLE_WEB_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  example = child;
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  return { ended, output: () => output };
}

async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return response.text();
}

/** Whether nothing listens at the address any more. */
async function isSilent(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}
