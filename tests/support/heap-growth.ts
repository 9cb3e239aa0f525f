import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The megabytes of live objects that some work leaves behind. */
export async function heapGrowth(work: () => Promise<void>): Promise<number> {
  const before = liveMegabytes();
  await work();
  return liveMegabytes() - before;
}

function liveMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
