import { runShort } from './support/run-short.ts';

test('random documents get no answer of 5xx', async () => {
  expect(await runShort('tests/soak/random-documents.ts')).toMatch(/All as promised\.\n$/);
}, 250_000);

test('the heaviest document of a search has a small answer', async () => {
  expect(await runShort('bench/hostile.ts')).toMatch(/All as promised\.\n$/);
}, 310_000);
