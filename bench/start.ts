import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Build, prepare, Program, type ProgramOptions } from '../tests/soak/program.ts';
import { freePort } from '../tests/support/free-port.ts';
import { GraphQLClient } from '../tests/support/graphql-client.ts';

/** The built server in production, on a database of its own. */
export interface Started {
  readonly program: Program;
  readonly client: GraphQLClient;
}

/** Makes the tables and the keys of a server that is to be started. */
export async function prepareServer(
  build: Build,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<ProgramOptions> {
  const port = await freePort();
  const keysFile = join(build.folder, `keys-${port}.json`);
  writeFileSync(keysFile, JSON.stringify(build.library.generateKeys()), { mode: 0o600 });
  const options = {
    databaseUrl,
    keysFile,
    port,
    env: { AUTH_BCRYPT_COST: '10', AUTH_MAX_CONNECTIONS: '1000', ...env },
  };
  prepare(build, options);
  return options;
}

export async function startServer(
  build: Build,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<Started> {
  const program = new Program(build, await prepareServer(build, databaseUrl, env));
  await program.start();
  return { program, client: new GraphQLClient(program.url) };
}

const bareServers = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of bareServers) child.kill();
});

/** A server with one field: Apollo Server on Fastify, or graphql-js alone on Fastify. */
export async function startBare(
  script: 'bare-apollo.ts' | 'bare-graphql.ts' = 'bare-apollo.ts',
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script)], {
    env: { ...process.env, NODE_ENV: 'production', PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  bareServers.add(child);
  child.once('exit', () => bareServers.delete(child));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: line.replace('is serving ', ''), child };
}

/** Milliseconds that a process has computed for so far. */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // In hundredths of a second: utime and stime of proc(5).
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
