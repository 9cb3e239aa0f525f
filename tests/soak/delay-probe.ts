import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded before the program (`node --import`). SIGUSR2 reports on standard error for how long the event loop was blocked at most
 * since the last report, in milliseconds.
 */
const RESOLUTION = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();

process.on('SIGUSR2', () => {
  const longest = delay.max / 1e6 - RESOLUTION;
  delay.reset();
  process.stderr.write(`blocked ${longest.toFixed(2)}\n`);
});
