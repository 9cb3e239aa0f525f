/** How often, on average. Two processes that were started together do not stay together. */
const INTERVAL = 600_000;

/** Calls `work` now and then until it is stopped, and so is the work; what fails is told and tried again the next time. */
export function startUpkeep(
  work: (signal: AbortSignal) => Promise<unknown>,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout;
  let running: Promise<unknown> = Promise.resolve();
  const schedule = () => {
    timer = setTimeout(run, INTERVAL * (0.5 + Math.random()));
    timer.unref();
  };
  const run = () => {
    running = work(stopping.signal).catch(onFailure).finally(schedule);
  };
  schedule();
  return async () => {
    stopping.abort();
    clearTimeout(timer);
    await running;
    clearTimeout(timer);
  };
}
