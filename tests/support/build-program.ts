import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A built program of a test's own: dist/ belongs to whoever runs `npm start` meanwhile. */
export interface BuiltProgram {
  /** The path of its main.js. */
  readonly main: string;
  remove(): void;
}

/** Builds the program, as `npm run build` does, into a folder from which its packages are found. */
export function buildProgram(): BuiltProgram {
  mkdirSync(join(ROOT, 'data'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'data/build-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', folder], {
      stdio: 'inherit',
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { main: join(folder, 'main.js'), remove };
}
