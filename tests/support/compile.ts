import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SourceText {
  /** Such as `README.md:12`. */
  readonly place: string;
  readonly text: string;
}

const ROOT = join(import.meta.dirname, '../..');
const AMBIENT = '../../tests/support/react-native-modules.d.ts';

/** The compiler options of a host that imports the library by its package name. */
export const HOST_OPTIONS = {
  paths: {
    'graphql-simplejwt': ['../../src/index.ts'],
    'graphql-simplejwt/testing': ['../../src/testing.ts'],
    'graphql-simplejwt/*': ['../../src/adapters/*.ts'],
  },
  rootDir: '../..',
};

/** Compiles texts, each as a module of its own. Returns what the compiler reports, which is nothing if all is well. */
export async function compile(texts: readonly SourceText[], compilerOptions: object): Promise<string> {
  mkdirSync(join(ROOT, 'data'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'data/compile-'));
  try {
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['*.ts', AMBIENT] }),
    );
    for (const { place, text } of texts) {
      writeFileSync(join(folder, `${place.replaceAll('/', '-').replace(':', '-')}.ts`), `${text}\nexport {};\n`);
    }
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    return '';
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    if (stdout === '') throw error;
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
