import { startTestAuth, type TestAuth, type TestAuthOptions } from './start-test-auth.ts';

/** Starts servers for one test, which are stopped after it however it ends. One may be stopped before. */
export function useServers(): (options?: TestAuthOptions) => Promise<TestAuth> {
  const running: TestAuth[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });
  return async (options) => {
    const server = await startTestAuth(options);
    const stoppable = { ...server, stop: onlyOnce(() => server.stop()) };
    running.unshift(stoppable);
    return stoppable;
  };
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return async () => (done ??= work());
}
