/** The average interval. It varies, so that processes that were started together drift apart. */
const INTERVAL = 600_000;

/** Calls `work` at intervals until it is stopped. A failure is reported, and the work is tried again the next time. */
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
