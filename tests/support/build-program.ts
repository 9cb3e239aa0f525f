import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A build for tests: dist/ belongs to whoever runs `npm start` meanwhile. */
export interface BuiltProgram {
  /** The path of the program's main.js. */
  readonly main: string;
  /** The path of the library's index.js, which the program imports by the package's name. */
  readonly library: string;
  remove(): void;
}

/** Names the folder of the one build that a run of jest shares. */
const SHARED_BUILD = 'TEST_BUILD';

/** Lets this process and those that it starts share one build, which the first that wants it makes. */
export function shareBuild(): void {
  const shared = join(newFolder(), 'build');
  process.env[SHARED_BUILD] = shared;
  process.once('exit', () => rmSync(join(shared, '..'), { recursive: true, force: true }));
}

/** Builds the library and the program, as `npm run build` does, into a folder from which their packages are found. */
export function buildProgram(): BuiltProgram {
  const shared = process.env[SHARED_BUILD];
  if (shared === undefined) {
    const folder = newFolder();
    buildInto(folder);
    return { ...programIn(folder), remove: () => rmSync(folder, { recursive: true, force: true }) };
  }
  if (!existsSync(shared)) {
    const folder = newFolder();
    buildInto(folder);
    try {
      renameSync(folder, shared);
    } catch {
      // Another process was first.
      rmSync(folder, { recursive: true });
    }
  }
  return { ...programIn(shared), remove: () => undefined };
}

function newFolder(): string {
  mkdirSync(join(ROOT, 'data'), { recursive: true });
  return mkdtempSync(join(ROOT, 'data/build-'));
}

function programIn(folder: string): Pick<BuiltProgram, 'main' | 'library'> {
  return { main: join(folder, 'dist/main.js'), library: join(folder, 'node_modules/graphql-simplejwt/dist/index.js') };
}

function buildInto(folder: string): void {
  const library = join(folder, 'node_modules/graphql-simplejwt');
  try {
    compile('tsconfig.build.json', join(library, 'dist'));
    copyFileSync(join(ROOT, 'package.json'), join(library, 'package.json'));
    const project = join(folder, 'tsconfig.json');
    const paths = {
      'graphql-simplejwt': [join(library, 'dist/index.d.ts')],
      'graphql-simplejwt/*': [join(library, 'dist/adapters/*.d.ts')],
    };
    const config = { extends: join(ROOT, 'server/tsconfig.build.json'), include: [join(ROOT, 'server/src')] };
    writeFileSync(
      project,
      JSON.stringify({ ...config, compilerOptions: { paths, rootDir: join(ROOT, 'server/src') } }),
    );
    compile(project, join(folder, 'dist'));
    copyFileSync(join(ROOT, 'server/package.json'), join(folder, 'package.json'));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function compile(project: string, outDir: string): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', project, '--outDir', outDir], { cwd: ROOT, stdio: 'inherit' });
}
