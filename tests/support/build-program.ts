import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeOnce } from './made-once.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A build for tests: dist/ belongs to whoever runs `npm start` meanwhile. */
export interface BuiltProgram {
  /** The path of the program's main.js. */
  readonly main: string;
  /** The path of the library's index.js, which the program imports by the package's name. */
  readonly library: string;
  remove(): void;
}

/** Builds the library and the program, as `npm run build` does, into a folder from which their packages are found. */
export function buildProgram(): BuiltProgram {
  const { folder, remove } = madeOnce('build', buildInto);
  const library = join(folder, 'node_modules/graphql-simplejwt/dist/index.js');
  return { main: join(folder, 'dist/main.js'), library, remove };
}

function buildInto(folder: string): void {
  const library = join(folder, 'node_modules/graphql-simplejwt');
  compile('tsconfig.build.json', join(library, 'dist'));
  copyFileSync(join(ROOT, 'package.json'), join(library, 'package.json'));
  const project = join(folder, 'tsconfig.json');
  const paths = {
    'graphql-simplejwt': [join(library, 'dist/index.d.ts')],
    'graphql-simplejwt/*': [join(library, 'dist/adapters/*.d.ts')],
  };
  const config = { extends: join(ROOT, 'server/tsconfig.build.json'), include: [join(ROOT, 'server/src')] };
  writeFileSync(project, JSON.stringify({ ...config, compilerOptions: { paths, rootDir: join(ROOT, 'server/src') } }));
  compile(project, join(folder, 'dist'));
  copyFileSync(join(ROOT, 'server/package.json'), join(folder, 'package.json'));
}

function compile(project: string, outDir: string): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', project, '--outDir', outDir], { cwd: ROOT, stdio: 'inherit' });
}
