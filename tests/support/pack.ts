import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

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
  remove(): Promise<void>;
}

/** Packs the packages in a copy of the repository: dist/ belongs to whoever runs `npm start` meanwhile. */
export async function packAll(): Promise<Tarballs> {
  const folder = await mkdtemp(join(tmpdir(), 'graphql-simplejwt-pack-'));
  const copy = join(folder, 'copy');
  try {
    for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true, filter: isSource });
    await linkModules(copy);
    const workspaces = ['.', ...WORKSPACES].flatMap((name) => ['--workspace', name]);
    const { stdout } = await npm(copy, 'pack', '--json', '--pack-destination', folder, ...workspaces);
    const packed = Object.values(JSON.parse(stdout) as Record<string, { name: string; filename: string }>);
    const paths = packed.map(({ name, filename }) => [name, join(folder, filename)] as const);
    return { pathOf: Object.fromEntries(paths) as Tarballs['pathOf'], remove };
  } catch (error) {
    await remove();
    throw error;
  }

  async function remove(): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Links to what is installed, except for the workspaces, which stand for the copy's own. */
async function linkModules(copy: string): Promise<void> {
  for (const owner of ['.', ...WORKSPACES]) {
    const from = join(ROOT, owner, 'node_modules');
    const names = await readdir(from).catch(() => []);
    await mkdir(join(copy, owner, 'node_modules'), { recursive: true });
    for (const name of names.filter((each) => !each.startsWith('graphql-simplejwt')))
      await symlink(join(from, name), join(copy, owner, 'node_modules', name));
  }
  await symlink(copy, join(copy, 'node_modules/graphql-simplejwt'));
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

async function npm(cwd: string, ...args: readonly string[]): Promise<{ stdout: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  return promisify(execFile)('npm', args, { cwd, env, maxBuffer: 1 << 24 });
}
