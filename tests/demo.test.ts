import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly faults: string;
}

const DEMO = join(import.meta.dirname, '../examples/demo.ts');
const SILENT_SERVER = `
  import { createServer } from 'node:http';
  const server = createServer(() => {});
  server.listen(0, '127.0.0.1', () => {
    console.error('pid ' + process.pid + ';');
    console.log('serving http://127.0.0.1:' + server.address().port + '/graphql');
  });
`;

let program: BuiltProgram;
let folder: string;

beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-demo-test-'));
});

afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('the demo tells the whole story and exits with 0', async () => {
  const { code, output, faults } = await ended(runDemo(program.main));

  expect(faults).toBe('');
  expect(code).toBe(0);
  for (const field of ['register', 'login', 'me', 'currentToken', 'refreshToken', 'sessions', 'endSession', 'logout'])
    expect(output).toMatch(new RegExp(`"${field}": `));
  for (const reason of ['TOKEN_ROTATED', 'TOKEN_REVOKED']) expect(output).toContain(`"reason": "${reason}"`);
  expect(output).toContain('All 11 answers are what they should be.');
});

test('the demo shows no token in full', async () => {
  const { output } = await ended(runDemo(program.main));

  expect(output).toContain('Bearer eyJ');
  expect(output).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
});

test('an answer that does not fit the story makes the demo exit with 1', async () => {
  const oneSessionOnly = script(
    'one-session.mjs',
    `process.env.AUTH_MAX_SESSIONS = '1'; await import(${JSON.stringify(pathToFileURL(program.main).href)});`,
  );

  const { code, output, faults } = await ended(runDemo(oneSessionOnly));

  expect(code).toBe(1);
  expect(output).toContain('3. The laptop asks who she is.');
  expect(output).not.toContain('4. ');
  expect(faults).toContain('TOKEN_REVOKED');
});

test('a server that does not start makes the demo exit with 1', async () => {
  const { code, faults } = await ended(runDemo(script('ends.mjs', 'process.exit(3);')));

  expect(code).toBe(1);
  expect(faults).toContain('the server ended with 3');
});

test('a demo that is stopped half-way stops its server', async () => {
  const demo = runDemo(script('silent.mjs', SILENT_SERVER));
  const pid = await new Promise<number>((resolve) => {
    demo.stderr?.on('data', (chunk) => {
      const found = /pid (\d+);/.exec(String(chunk))?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  expect(isRunning(pid)).toBe(true);

  demo.kill('SIGTERM');

  expect((await ended(demo)).code).toBe(1);
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
});

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function runDemo(main: string): ChildProcess {
  return spawn(process.execPath, [DEMO, main], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<Outcome> {
  let output = '';
  let faults = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (faults += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output, faults };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
