import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Imports the first block of TypeScript after a text of a page of docs/. */
export async function importDocumentedCode(
  page: string,
  after: string,
): Promise<{ module: unknown; remove: () => void }> {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
  const [, code = ''] = /```ts\n(.*?)```/s.exec(text.slice(text.indexOf(after))) ?? [];
  mkdirSync(join(ROOT, 'data'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'data/documented-'));
  const file = join(folder, 'code.ts');
  writeFileSync(file, code);
  return { module: await import(file), remove: () => rmSync(folder, { recursive: true }) };
}
