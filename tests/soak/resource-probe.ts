import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Loaded before the program (`node --import`). SIGUSR2 collects garbage, and reports on standard error the megabytes of the live
 * objects and the number of what keeps the process alive: timers, sockets, requests under way.
 */
process.on('SIGUSR2', () => {
  collect();
  const heap = getHeapStatistics().used_heap_size / 1e6;
  process.stderr.write(`resources ${heap.toFixed(1)} ${process.getActiveResourcesInfo().length}\n`);
});
