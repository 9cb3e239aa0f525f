import { getHeapStatistics } from 'node:v8';

/**
 * Loaded before the program (`node --import`). SIGUSR2 reports on standard error the megabytes that live objects took after the last
 * collection or allocation, and the number of what keeps the process alive: timers, sockets, requests under way.
 */
process.on('SIGUSR2', () => {
  const heap = getHeapStatistics().used_heap_size / 1e6;
  process.stderr.write(`resources ${heap.toFixed(1)} ${process.getActiveResourcesInfo().length}\n`);
});
