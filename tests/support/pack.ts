import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from './made-once.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORKSPACES = ['server', 'client'];
const COPIED = [
  'src',
  'server',
  'client',
  'package.json',
  'tsconfig.json',
  'scripts',
  'tsconfig.build.json',
  'schema.graphql',
  'README.md',
  'LICENSE',
];

export const PACKAGES = ['graphql-simplejwt', 'graphql-simplejwt-server', 'graphql-simplejwt-client'] as const;
type PackageName = (typeof PACKAGES)[number];

/** The tarballs of the packages, as `npm pack` writes them. */
export interface Tarballs {
  readonly pathOf: Readonly<Record<PackageName, string>>;
  remove(): void;
}

/** Packs the packages in a copy of the repository: dist/ belongs to whoever runs `npm start` meanwhile. */
export function packAll(): Tarballs {
  const { folder, remove } = madeOnce('tarballs', packInto);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const paths = PACKAGES.map((name) => [name, join(folder, `${name}-${version}.tgz`)]);
  return { pathOf: Object.fromEntries(paths) as Tarballs['pathOf'], remove };
}

function packInto(folder: string): void {
  const copy = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-pack-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter: isSource });
    linkModules(copy);
    const workspaces = ['.', ...WORKSPACES].flatMap((name) => ['--workspace', name]);
    const words = ['pack', '--silent', '--pack-destination', folder, ...workspaces];
    execFileSync('npm', words, { cwd: copy, env: withoutNpm(), stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Links to what is installed, except for the workspaces, which stand for the copy's own. */
function linkModules(copy: string): void {
  for (const owner of ['.', ...WORKSPACES]) {
    const from = join(ROOT, owner, 'node_modules');
    const names = existsSync(from) ? readdirSync(from) : [];
    mkdirSync(join(copy, owner, 'node_modules'), { recursive: true });
    for (const name of names.filter((each) => !each.startsWith('graphql-simplejwt')))
      symlinkSync(join(from, name), join(copy, owner, 'node_modules', name));
  }
  symlinkSync(copy, join(copy, 'node_modules/graphql-simplejwt'));
}

function isSource(path: string): boolean {
  return !/\/(node_modules|dist)$/.test(path);
}

/** A folder outside the repository, with packages installed in it. */
export interface Host {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Installs packages in an empty folder, from the registry or from tarballs. */
export async function install(packages: readonly string[]): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'graphql-simplejwt-host-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await npm(folder, 'init', '--yes', '--init-type', 'module');
    await npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The names of the packages that are installed in a folder, nested ones included. */
export async function installedIn(folder: string): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optional?: boolean }>;
  };
  const names = Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13));
  return [...new Set(names)].filter((name) => name !== '').toSorted();
}

async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)('npm', args, { cwd, env: withoutNpm(), maxBuffer: 1 << 24 });
}

/** The environment without what `npm test` has put there, which is meant for this repository. */
function withoutNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
}
